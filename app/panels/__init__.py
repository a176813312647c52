"""Lists beside the picture."""
