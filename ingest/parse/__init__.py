"""Parsers, one file per format. They run in a bounded child process and touch no network."""
