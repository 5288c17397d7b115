"""The province's own system: persons, histories, applications, and the documents about them."""
