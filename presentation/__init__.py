"""Words of the field as data, in Chinese and English: one table, one word, on paper and on the screen."""
