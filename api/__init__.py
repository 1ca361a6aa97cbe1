"""The faces and the composition root."""
