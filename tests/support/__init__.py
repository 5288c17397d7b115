"""Builders, the plain model and the platform under test: what more than one test file uses."""
