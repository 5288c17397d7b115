"""Export: the log and the read models as tables in files, for other people's tools."""
