"""Encode once, prompt many times: what is kept of a file, and prompts answered from it."""
