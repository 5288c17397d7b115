"""Mapping files: how a province's own files, their columns and values, are read as the platform's forms."""
