"""Reading: sources, parsers, chunking, and the pipeline from bytes to published passages."""
