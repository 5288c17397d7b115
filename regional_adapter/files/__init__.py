"""Files in and out: imported forms, and incoming documents and payment orders as CSV."""
