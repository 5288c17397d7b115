"""Banks' statements: read from camt.053 or from a bank's CSV by its mapping, and held against their own balances."""
