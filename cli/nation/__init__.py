"""Commands that play a synthetic nation, or run a real one to its end."""
