"""Local engines for development and tests: a real Kafka and a real PostgreSQL, started without containers."""
