"""Commands of the key ring."""
