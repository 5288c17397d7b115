"""What an auditor asks first: tests of every act, samples, findings, the report."""
