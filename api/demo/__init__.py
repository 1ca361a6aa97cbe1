"""The demo: the product's story, told on a small collection that comes with it."""
