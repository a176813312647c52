"""A name for what a bundle finds: equal for bundles that give equal detections."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from core_model.bundle_description import LABEL_FILE, BundleError, read_description

_BYTES = 8
_LARGEST_HEADER_BYTES = 100_000_000


def bundle_version(folder: Path) -> str:
    """16 hexadecimal digits over weights, labels, thresholds and calibration.

    The bundle's name, its card and its provenance don't count: they change nothing that is found.
    Without torch. Raises BundleError where a file is missing or the description is wrong.
    """
    description = read_description(folder)
    settings = description.to_dict()
    del settings["name"]
    digest = hashlib.blake2b(digest_size=_BYTES)
    digest.update(json.dumps(settings, sort_keys=True).encode("utf-8"))
    parts = (description.visual.file, description.audio.file, description.head, LABEL_FILE)
    for name in parts:
        path = folder / name
        try:
            digest.update(_tensors_digest(path))
        except OSError as error:
            raise BundleError(f"{path}: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{path}: not a readable safetensors file") from error
    return digest.hexdigest()


def _tensors_digest(path: Path) -> bytes:
    """Of a safetensors file, whose header may name equal things in any order."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > _LARGEST_HEADER_BYTES:
            raise ValueError("too large a header")
        header = json.dumps(json.loads(file.read(size)), sort_keys=True)
        whole = hashlib.file_digest(file, "blake2b")
        whole.update(header.encode("utf-8"))
    return whole.digest()
