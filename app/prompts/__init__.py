"""Prompts as the window keeps them: the list, the answers, named sets, and how two compare."""
