"""Tables of numbers in numpy files that anybody may have written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.errors import TrainingError


def float_table(path: Path, dim: int | None = None) -> np.ndarray:
    """A float32 array (rows, dim) of a numpy file. Raises TrainingError; nothing is unpickled."""
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise TrainingError(f"{path.name}: {error}") from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind != "f":
        raise TrainingError(f"{path.name}: not a table of numbers (rows, dim)")
    if not len(array) or not np.isfinite(array).all():
        raise TrainingError(f"{path.name}: empty, or holds numbers that are not finite")
    if dim is not None and array.shape[1] != dim:
        raise TrainingError(f"{path.name}: {array.shape[1]} numbers wide, not {dim}")
    return array.astype(np.float32)
