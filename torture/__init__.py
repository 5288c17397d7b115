"""Runs nations on real engines while their parts are killed, and holds the result against an undisturbed run."""
