"""The pages: two applications, the ministry's and a province's desk, and the one way in which both build pages."""
