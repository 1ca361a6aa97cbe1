"""Each file is one revision, named after it."""
