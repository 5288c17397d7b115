"""The program `jinbao`: one file per group of commands, no rules of its own."""
