"""Training of the pair reader: does a correction answer a question? Needs torch; the product reads its weights without."""
