"""Outbox: what the platform sends, and to whom; the relay that carries it to the bus."""
