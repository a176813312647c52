"""The pages on which a model is improved."""
