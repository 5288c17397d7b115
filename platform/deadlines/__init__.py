"""Deadlines: what the passing of time brings, sent as submissions by the platform."""
