"""The ministry's pages: they read the platform's read models and never open a personal field."""
