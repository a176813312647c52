"""The models of a person: the starter that comes along, and versions that were trained or taken in.

A version is a bundle folder under ``models`` in the data folder. It is called by the bundle's
version, a digest, so that one model is called alike on every machine, and it never changes: it
appears whole, by a rename, and goes whole. What is being made lies in a draft, a hidden folder
beside them whose lock the system lets go of when the program ends, however it ends. How far a
training on a project is lies in a hidden file beside them, so that one that was cut off goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.project.errors import ProjectError
from app.project.lock import ProjectLock
from core_model.bundle_description import (
    DESCRIPTION_FILE,
    LABEL_FILE,
    BundleDescription,
    BundleError,
    read_description,
    starter_folder,
)
from core_model.bundle_version import bundle_version
from core_model.provenance import Provenance, read_provenance

FOLDER_VARIABLE = "AVSCOPE_DATA_DIR"
STARTER_ID = "starter"
_DRAFT_PREFIX = ".draft-"
_GONE_PREFIX = ".gone-"
_STATE_PREFIX = ".training-"
# Who has not gone on with a training for so long will not.
_STATE_LASTS_S = 30 * 24 * 3_600
_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One model. ``problem`` is one line that says why it cannot be used, or empty."""

    id: str
    folder: Path
    name: str
    added: datetime
    problem: str = ""
    provenance: Provenance | None = None

    @property
    def is_starter(self) -> bool:
        return self.id == STARTER_ID


def data_folder() -> Path:
    """``AVSCOPE_DATA_DIR``, else the folder that the platform keeps for what programs make."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "AVScope" / "Data"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "AVScope"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "avscope"


class ModelShelf:
    """All versions on this machine. Any number of windows may use one shelf."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_folder() / "models"

    def versions(self) -> list[ModelVersion]:
        """The starter, then the others, the newest first; damaged ones say what is wrong."""
        found = [
            _described(path.name, path)
            for path in _folders(self.folder)
            if not path.name.startswith(".")
        ]
        found.sort(key=lambda version: (version.added, version.id), reverse=True)
        return [self.starter(), *found]

    def starter(self) -> ModelVersion:
        """The one that comes with the program."""
        return _described(STARTER_ID, starter_folder())

    def version(self, version_id: str) -> ModelVersion | None:
        """The version with an id, or None where there is none."""
        if version_id == STARTER_ID:
            return self.starter()
        # An id may come out of a stranger's project: it must not lead to other folders.
        if not _is_id(version_id) or not (self.folder / version_id).is_dir():
            return None
        return _described(version_id, self.folder / version_id)

    @contextlib.contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty folder in which a model can be made; gone afterwards, unless taken in.

        Raises BundleError where the shelf cannot be written.
        """
        with _explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=self.folder))
        try:
            lock = ProjectLock.acquire(folder)
        except ProjectError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise BundleError(str(error)) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()

    def take_in(self, draft: Path) -> ModelVersion:
        """Put what was made in a draft among the versions, under a name that no other has.

        A model that is there already stays as it is. Raises BundleError for what is no bundle.
        """
        description = read_description(draft)
        _demand_files(draft, description)
        with _explained(draft):
            version_id = bundle_version(draft)
            known = self.version(version_id)
            if known is not None:
                return known
            _rename(draft, self._free_name(description.name))
            os.utime(draft)
            draft.rename(self.folder / version_id)
        return _described(version_id, self.folder / version_id)

    def remove(self, version_id: str) -> None:
        """Delete a version. Raises BundleError for the starter and where it cannot be deleted."""
        version = self.version(version_id)
        if version is None:
            return
        if version.is_starter:
            raise BundleError(f"{version.name}: the model that comes along cannot be deleted")
        with _explained(version.folder):
            gone = self.folder / f"{_GONE_PREFIX}{version_id}"
            version.folder.rename(gone)
            shutil.rmtree(gone)

    def state_file(self, project: Path) -> Path:
        """Where to keep how far the training on a project is."""
        name = hashlib.blake2b(os.fsencode(project.absolute()), digest_size=8).hexdigest()
        return self.folder / f"{_STATE_PREFIX}{name}"

    def sweep(self) -> None:
        """Remove drafts that no program works on any more, what was half deleted, and states of
        trainings with which nobody went on."""
        for path in self.folder.glob(f"{_STATE_PREFIX}*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _STATE_LASTS_S:
                    path.unlink()
        for path in _folders(self.folder):
            if path.name.startswith(_GONE_PREFIX):
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith(_DRAFT_PREFIX):
                # Who works on it holds the lock.
                with contextlib.suppress(ProjectError):
                    lock = ProjectLock.acquire(path)
                    shutil.rmtree(path, ignore_errors=True)
                    lock.release()

    def _free_name(self, wanted: str) -> str:
        """Runs in projects name their model: no two may be called alike."""
        taken = {version.name for version in self.versions()}
        names = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)


def _described(version_id: str, folder: Path) -> ModelVersion:
    added, name = datetime.fromtimestamp(0, UTC), version_id
    try:
        added = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        description = read_description(folder)
        name = description.name
        _demand_files(folder, description)
        provenance = read_provenance(folder)
    except (BundleError, OSError) as error:
        return ModelVersion(version_id, folder, name, added, str(error))
    return ModelVersion(version_id, folder, name, added, provenance=provenance)


def _demand_files(folder: Path, description: BundleDescription) -> None:
    files = (description.visual.file, description.audio.file, description.head, LABEL_FILE)
    for file in files:
        if not (folder / file).is_file():
            raise BundleError(f"{folder / file}: is missing")


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        # No shelf yet, or one that cannot be read: only the starter is there.
        return []


def _is_id(text: str) -> bool:
    return len(text) == _ID_LENGTH and all(letter in "0123456789abcdef" for letter in text)


def _rename(folder: Path, name: str) -> None:
    path = folder / DESCRIPTION_FILE
    raw = json.loads(path.read_text(encoding="utf-8"))
    if raw["name"] != name:
        raw["name"] = name
        text = json.dumps(raw, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of the file system as one line."""
    try:
        yield
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from error
