"""Writing a part of a file as a file of its own."""
