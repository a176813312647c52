"""Which models there are on this machine, and which of them is in use."""
