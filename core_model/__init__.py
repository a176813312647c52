"""Tensors and media: no Qt, no SQLite, no knowledge of the screen or of the truth."""
