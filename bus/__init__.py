"""The national bus: one interface, an embedded durable implementation (and Kafka)."""
