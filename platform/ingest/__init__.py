"""Ingest: takes submissions from the bus, decides on each, and commits all that follows in one transaction."""
