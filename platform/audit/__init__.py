"""Audit: the log verified and proved, history at any instant and under other rules, what an auditor asks, exports."""
