"""The published recipe of UniAV on feature folders: python -m training CONFIG.json --out DIR."""
