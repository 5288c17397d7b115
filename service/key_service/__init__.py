"""The key service: who is given which key, how much is looked up, and what of it is recorded."""
