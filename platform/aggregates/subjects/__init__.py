"""What the law says about one subject a file: its facts, its decisions and its message rules."""
