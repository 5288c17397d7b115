"""A synthetic nation on a virtual clock, deterministic by seed."""
