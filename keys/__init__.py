"""The key ring: relationship ids and the sealing of personal fields."""
