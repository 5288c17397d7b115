"""The ways by which a province's records come in: a watched folder, and a table in its database."""
