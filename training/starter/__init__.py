"""The recipe that makes the bundled weights (``python -m training.starter``)."""
