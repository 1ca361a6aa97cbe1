"""JITL: a knowledge service that answers with sources and learns from a correction at once."""

__version__ = "0.1.0"
