"""A province's files taken in: rows checked, registered, decided; what is not taken is a file of rejects."""
