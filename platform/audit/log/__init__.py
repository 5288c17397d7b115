"""The transparency log read again from its rows: verified, proved to others, served as tiles."""
