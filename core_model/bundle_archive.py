"""A bundle as one file to give away, and the strict way back.

An archive is a zip of the bundle's files, without folders: JSON and safetensors, nothing that is
ever executed. What comes in is treated as hostile: names, sizes and compression are checked
before anything is unpacked, and the bundle is opened, every tensor of it read, before it gets
its place.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import cast

import torch
from safetensors import SafetensorError, safe_open

from core_model.bundle import Bundle
from core_model.bundle_checks import demand_plain
from core_model.bundle_description import (
    DESCRIPTION_FILE,
    LABEL_FILE,
    BundleDescription,
    BundleError,
    read_description,
)
from core_model.provenance import PROVENANCE_FILE, read_provenance

SUFFIX = ".avsmodel.zip"
MOST_FILES = 16
LARGEST_JSON_BYTES = 16_000_000
LARGEST_TENSORS_BYTES = 4_000_000_000
LARGEST_TOTAL_BYTES = 8_000_000_000
# Weights hardly shrink; what unpacks to much more than it is was made to fill a disk.
MOST_EXPANSION = 200
_FREE_EXPANSION_BYTES = 1_000_000
_TENSORS = ".safetensors"
_CHUNK_BYTES = 1 << 20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNIX = 3
_FILE_TYPE_BITS = 0o170000
_REGULAR_FILE = 0o100000


def export_bundle(folder: Path, archive: Path) -> None:
    """Write a bundle into one new file, whole or not at all.

    Raises BundleError where it is no sound bundle, or the file cannot be written or is there.
    """
    description = read_description(folder)
    demand_sound(folder)
    names = [DESCRIPTION_FILE, *_parts(description)]
    if (folder / PROVENANCE_FILE).is_file():
        names.append(PROVENANCE_FILE)
    if archive.exists():
        raise BundleError(f"{archive}: there is something of this name already")
    with _explained(archive):
        handle, beside = tempfile.mkstemp(prefix=f".{archive.name}.", dir=archive.parent)
        temporary = Path(beside)
        try:
            with (
                os.fdopen(handle, "wb") as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
            ):
                for name in names:
                    packed.write(folder / name, name)
            temporary.chmod(0o644)
            temporary.replace(archive)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def import_bundle(archive: Path, folder: Path) -> BundleDescription:
    """Unpack an archive into ``folder``, which must not be there, or be empty.

    Nothing appears there before the whole bundle was found sound. Raises BundleError with one
    line that names the archive and what is wrong with it.
    """
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise BundleError(f"{folder}: there is something of this name already")
    with _explained(archive):
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _unpack(archive, part)
            description = demand_sound(part, archive.name)
            part.chmod(0o755)
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return description


def demand_sound(folder: Path, called: str | None = None) -> BundleDescription:
    """Open every part of a bundle; ``called`` is what messages name it by.

    Raises BundleError where a file is missing, is no safetensors, holds a number that is not
    finite, or does not fit the others.
    """
    try:
        description = read_description(folder)
        known = {*_parts(description), DESCRIPTION_FILE, PROVENANCE_FILE}
        strays = sorted({path.name for path in folder.iterdir()} - known)
        if strays and called is not None:
            raise BundleError(f"{folder / strays[0]}: is no part of the bundle")
        for name in _parts(description):
            _demand_finite(folder / name)
        read_provenance(folder)
        bundle = Bundle(folder)
        cpu = torch.device("cpu")
        head = bundle.head(cpu)
        widths = bundle.visual_encoder(cpu).dim, bundle.audio_encoder(cpu).dim
        wanted = head.config.visual_dim, head.config.audio_dim
        if widths != wanted:
            raise BundleError(
                f"{folder / description.head}: takes embeddings of {wanted}, the encoders give"
                f" {widths}"
            )
    except BundleError as error:
        if called is None:
            raise
        # A stranger's archive is named by its own name, not by where it was unpacked.
        reason = str(error).replace(f"{folder}{os.sep}", "").replace(str(folder), "the bundle")
        raise BundleError(f"{called}: {reason}") from error
    return description


def _parts(description: BundleDescription) -> list[str]:
    names = (description.visual.file, description.audio.file, description.head, LABEL_FILE)
    return list(dict.fromkeys(names))


def _demand_finite(path: Path) -> None:
    try:
        with safe_open(path, framework="pt") as stored:
            for name in stored.keys():  # noqa: SIM118 - the file is no mapping
                tensor = stored.get_tensor(name)
                if not tensor.is_floating_point():
                    continue
                demand_plain(path, {name: tensor})
                if not bool(torch.isfinite(tensor).all()):
                    raise BundleError(f"{path}: {name!r} holds numbers that are not finite")
    except (OSError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BundleError(f"{path}: not a readable safetensors file ({reason})") from error


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            _demand_modest(archive.name, entries)
            for entry in entries:
                path = folder / entry.filename
                with packed.open(entry) as source, path.open("xb") as target:
                    _copy(cast(io.BufferedIOBase, source), target, entry, archive.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BundleError(f"{archive.name}: not a readable archive ({reason})") from error


def _demand_modest(archive: str, entries: list[zipfile.ZipInfo]) -> None:
    """Names, number, kinds and sizes as an exported bundle has them."""
    if not 0 < len(entries) <= MOST_FILES:
        raise BundleError(f"{archive}: holds {len(entries)} files, a bundle has up to {MOST_FILES}")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        shown = ascii(name[:60])
        if not _is_allowed(name) or entry.orig_filename != name:
            raise BundleError(f"{archive}: {shown} is no name of a bundle's file")
        if name.casefold() in seen:
            raise BundleError(f"{archive}: {shown} occurs twice")
        seen.add(name.casefold())
        kind = entry.external_attr >> 16 & _FILE_TYPE_BITS
        if entry.is_dir() or (entry.create_system == _UNIX and kind not in (0, _REGULAR_FILE)):
            raise BundleError(f"{archive}: {shown} is no plain file")
        if entry.flag_bits & 1 or entry.compress_type not in _PACKINGS:
            raise BundleError(f"{archive}: {shown} is encrypted or packed in another way")
        largest = LARGEST_TENSORS_BYTES if name.endswith(_TENSORS) else LARGEST_JSON_BYTES
        if entry.file_size > largest:
            raise BundleError(f"{archive}: {shown} would take {entry.file_size} bytes")
        allowed = max(_FREE_EXPANSION_BYTES, MOST_EXPANSION * max(entry.compress_size, 1))
        if entry.file_size > allowed:
            raise BundleError(f"{archive}: {shown} unpacks to far more than it holds")
    if sum(entry.file_size for entry in entries) > LARGEST_TOTAL_BYTES:
        raise BundleError(f"{archive}: would take more than {LARGEST_TOTAL_BYTES} bytes")


def _is_allowed(name: str) -> bool:
    """The two JSON files, and plain names of tensor files, the same on every system."""
    if name in (DESCRIPTION_FILE, PROVENANCE_FILE):
        return True
    stem = name.removesuffix(_TENSORS)
    plain = stem.isascii() and stem.replace("_", "").replace("-", "").isalnum()
    return stem != name and plain and len(name) <= 100 and PurePosixPath(name).name == name


def _copy(
    source: io.BufferedIOBase, target: io.BufferedIOBase, entry: zipfile.ZipInfo, archive: str
) -> None:
    """Never more than the entry said that it holds."""
    left = entry.file_size
    while chunk := source.read(min(_CHUNK_BYTES, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise BundleError(f"{archive}: {entry.filename} is larger than it says")
        target.write(chunk)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of the file system as one line."""
    try:
        yield
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from error
