"""What will happen to each transfer of the simulated nation, drawn from the seed."""
