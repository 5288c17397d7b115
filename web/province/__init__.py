"""A province's pages, beside its adapter: they act through its office and nothing else."""
