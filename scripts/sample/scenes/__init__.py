"""One rendered scene per module; each yields linear RGB pictures through ``frames``."""
