"""What a terminal or a page shows of cases, ledger and messages: lines and tables in one language. Prints nothing."""
