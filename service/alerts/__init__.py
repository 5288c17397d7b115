"""Alerts: what an operator of the platform must know, since when, and what to do; kept in `alerts.sqlite`."""
