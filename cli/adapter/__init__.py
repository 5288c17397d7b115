"""Commands of a province's adapter."""
