"""Data that ships with the program: sizes, label sets, prompts, weights. No code but the paths."""

from pathlib import Path

__version__ = "0.1.0"

RESOURCES = Path(__file__).parent


def resource_path(*parts: str) -> Path:
    """The path of a bundled file, for instance ``resource_path("models", "starter.json")``."""
    return RESOURCES.joinpath(*parts)
