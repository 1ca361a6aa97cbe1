"""The knowledge graph. Its place in the house; it is not built yet."""
