"""Transparency log: pure formats of RFC 6962 and C2SP; no database, no clock, nothing of pensions."""
