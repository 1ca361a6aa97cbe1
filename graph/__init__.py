"""The knowledge graph of the documents: extraction, stores, walk, communities; and what faces show of it."""
