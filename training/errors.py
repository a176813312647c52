"""The one error of training. Without torch, so that a plan can be made before torch is loaded."""

from __future__ import annotations


class TrainingError(Exception):
    """Training can't start or go on; the message is one line that names what is wrong."""
