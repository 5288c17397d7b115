"""The clerks of the simulated provinces: each subject of the law has a file."""
