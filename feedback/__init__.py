"""Corrections: the ledger, what a correction covers, what it supersedes."""
