"""Probe and decode with PyAV, by presentation time, in bounded memory; never torch.

``probe``: what is in a file. ``video``: frames. ``audio``: samples. ``index``: frame numbers.
"""
