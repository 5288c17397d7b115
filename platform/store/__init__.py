"""Event recorder, mapper and unit of work on SQLAlchemy."""
