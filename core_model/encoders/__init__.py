"""Encoders: frames, sound and words become embeddings in one space."""
