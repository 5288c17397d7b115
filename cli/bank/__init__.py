"""Commands about banks' statements, breaks and the month."""
