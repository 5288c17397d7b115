"""Speaks for the banks: matches entries with payments as the log grows, and says what is found of each account."""
