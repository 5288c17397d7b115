"""The two languages, Chinese and English, as values: a text in both, the choice of one, errors that carry both."""
