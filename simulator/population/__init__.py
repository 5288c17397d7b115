"""The people of the simulated nation: who they are, where they worked, and their agencies."""
