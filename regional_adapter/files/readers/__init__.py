"""Readers of the formats that provinces' files come in: records as cells, with the line on which each begins."""
