"""How the variants of UniAV compare on composed scenes: python -m training.study."""
