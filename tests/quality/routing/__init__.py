"""Fitting and measuring the choice of a route; the product reads the weights without any of this."""
