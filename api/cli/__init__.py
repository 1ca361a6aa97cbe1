"""The command line: one file per group of commands, each a face over `api/client.py` that holds no logic."""
