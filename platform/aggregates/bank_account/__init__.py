"""Bank accounts of provinces: their facts, what they decide, and the kind of stream that they are."""
