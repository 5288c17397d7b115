"""Conformance kit: plays the nation around a province's adapter, and says when that is ready."""
