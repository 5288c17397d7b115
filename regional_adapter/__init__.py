"""One per province: local system in, bus out, and back."""
