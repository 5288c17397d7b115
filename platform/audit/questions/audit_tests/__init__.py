"""What an auditor tests first: each test in a file of its own, all in one pass over the log."""
