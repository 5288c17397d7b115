"""What a clerk of an agency can do, and the automatic desk that does the usual of it."""
