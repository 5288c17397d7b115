"""What came back, written as files: in the form that the province's mapping has for it, else as the platform's CSV."""
