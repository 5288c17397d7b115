"""What is said in the log that has no row elsewhere, by subject: who looked, roles, keys."""
