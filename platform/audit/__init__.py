"""Audit: the transparency log read again from the rows, proved to others, and served as tiles."""
