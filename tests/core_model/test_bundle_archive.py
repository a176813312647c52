"""Bundles as one file: what goes out comes back, and hostile files get one line."""

from __future__ import annotations

import json
import pickle
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from core_model.bundle import Bundle
from core_model.bundle_archive import export_bundle, import_bundle
from core_model.bundle_description import DESCRIPTION_FILE, LABEL_FILE, BundleError
from core_model.bundle_version import bundle_version
from core_model.provenance import (
    PROVENANCE_FILE,
    LabelMetrics,
    Provenance,
    parse_provenance,
    read_provenance,
)
from core_model.timeline import Task
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
PROVENANCE = Provenance(
    "birds r12",
    "0123456789abcdef",
    "tiny 0.1",
    "birds.avscope",
    12,
    "2025-01-02T03:04:05+00:00",
    0,
    "labels",
    3,
    10,
    2,
    (LabelMetrics(Task.SED, "", False, 4, 0.25, 0.5),),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = make_tiny_bundle(tmp_path / "bundle")
    (folder / PROVENANCE_FILE).write_text(PROVENANCE.to_text(), encoding="utf-8")
    return folder


@pytest.fixture
def archive(bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.avsmodel.zip"
    export_bundle(bundle, path)
    return path


def refused(archive: Path, folder: Path) -> str:
    """The one line with which an archive is refused; nothing is left of it."""
    before = sorted(folder.parent.iterdir())
    with pytest.raises(BundleError) as caught:
        import_bundle(archive, folder)
    message = str(caught.value)
    assert "\n" not in message and message.startswith(archive.name)
    assert sorted(folder.parent.iterdir()) == before
    return message


def repacked(
    archive: Path,
    target: Path,
    change: Callable[[dict[str, bytes]], object] = lambda files: None,
) -> Path:
    """The archive with its files changed."""
    with zipfile.ZipFile(archive) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return target


def test_out_and_in_again(bundle: Path, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "deep" / "new", tmp_path / "empty"):
        description = import_bundle(archive, folder)
        assert description == Bundle(bundle).description
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            path.name: path.read_bytes() for path in bundle.iterdir()
        }
        assert read_provenance(folder) == PROVENANCE
        assert Bundle(folder).version == Bundle(bundle).version


def test_nothing_is_overwritten(bundle: Path, archive: Path) -> None:
    with pytest.raises(BundleError, match="something of this name"):
        import_bundle(archive, bundle)
    with pytest.raises(BundleError, match="something of this name"):
        export_bundle(bundle, archive)
    assert Bundle(bundle).description.name == "tiny 0.1"


def test_only_the_parts_of_a_bundle_go_out(bundle: Path, tmp_path: Path) -> None:
    (bundle / "diary.txt").write_text("private")
    export_bundle(bundle, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        assert "diary.txt" not in packed.namelist()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.safetensors",
        "/tmp/evil.safetensors",
        "a/b.safetensors",
        "..\\evil.safetensors",
        "C:evil.safetensors",
        "weights.pkl",
        "run.py",
        "bundle.json.exe",
        ".safetensors",
        "ä.safetensors",
        "folder/",
    ],
)
def test_names_are_plain_ones(archive: Path, tmp_path: Path, name: str) -> None:
    bad = repacked(archive, tmp_path / "bad.zip", lambda files: files.update({name: b"x"}))
    assert "no name of a bundle's file" in refused(bad, tmp_path / "new")
    assert not (tmp_path / "evil.safetensors").exists()


def test_links_and_doubles_are_refused(archive: Path, tmp_path: Path) -> None:
    linked = repacked(archive, tmp_path / "linked.zip")
    with zipfile.ZipFile(linked, "a") as packed:
        entry = zipfile.ZipInfo("link.safetensors")
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc/passwd")
    assert "no plain file" in refused(linked, tmp_path / "new")
    double = repacked(archive, tmp_path / "double.zip")
    with zipfile.ZipFile(double, "a") as packed:
        packed.writestr("LABELS.safetensors", b"other")
    assert "occurs twice" in refused(double, tmp_path / "new")


def test_bombs_are_refused_before_they_unpack(archive: Path, tmp_path: Path) -> None:
    zeros = bytes(50_000_000)
    bomb = repacked(
        archive, tmp_path / "bomb.zip", lambda files: files.update({"extra.safetensors": zeros})
    )
    assert "unpacks to far more" in refused(bomb, tmp_path / "new")
    many = repacked(
        archive,
        tmp_path / "many.zip",
        lambda files: files.update({f"x{n}.safetensors": b"x" for n in range(30)}),
    )
    assert "holds 3" in refused(many, tmp_path / "new")


class _Evil:
    def __reduce__(self) -> tuple[Callable, tuple[str]]:
        return (Path.touch, (Path("pwned"),))  # type: ignore[return-value]


def test_a_pickle_is_no_tensor_file(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evil = pickle.dumps(_Evil())
    for name in ("head.safetensors", "visual.safetensors", LABEL_FILE):
        bad = repacked(
            archive, tmp_path / "bad.zip", lambda files, name=name: files.update({name: evil})
        )
        assert name in refused(bad, tmp_path / "new")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["head.safetensors", "audio.safetensors", LABEL_FILE])
def test_numbers_that_are_not_finite_are_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    export_bundle(bundle, tmp_path / "good.zip")
    tensors = load_file(bundle / name)
    first = min(tensors)
    tensors[first] = tensors[first].clone()
    tensors[first].view(-1)[0] = torch.nan

    def change(files: dict[str, bytes]) -> None:
        save_file(tensors, tmp_path / "nan.safetensors", _metadata(bundle / name))
        files[name] = (tmp_path / "nan.safetensors").read_bytes()

    bad = repacked(tmp_path / "good.zip", tmp_path / "bad.zip", change)
    assert "not finite" in refused(bad, tmp_path / "new")


def _metadata(path: Path) -> dict[str, str]:
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + size]).get("__metadata__", {})


def test_parts_must_fit_each_other(archive: Path, tmp_path: Path) -> None:
    def narrow(files: dict[str, bytes]) -> None:
        save_file({"0.weight": torch.zeros(12, 5), "0.bias": torch.zeros(12)}, tmp_path / "n")
        files["visual.safetensors"] = (tmp_path / "n").read_bytes()

    assert "visual.safetensors" in refused(
        repacked(archive, tmp_path / "narrow.zip", narrow), tmp_path / "new"
    )
    missing = repacked(archive, tmp_path / "m.zip", lambda files: files.pop("head.safetensors"))
    assert "head.safetensors" in refused(missing, tmp_path / "new")
    stray = repacked(
        archive,
        tmp_path / "s.zip",
        lambda files: files.update({"more.safetensors": files["head.safetensors"]}),
    )
    assert "no part of the bundle" in refused(stray, tmp_path / "new")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"version": 1}', b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("name", [DESCRIPTION_FILE, PROVENANCE_FILE])
def test_wrong_json_is_refused(archive: Path, tmp_path: Path, name: str, text: bytes) -> None:
    bad = repacked(archive, tmp_path / "bad.zip", lambda files: files.update({name: text}))
    assert name in refused(bad, tmp_path / "new")


def test_what_is_no_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for number, data in enumerate((b"", b"PK\x03\x04", whole[:200], whole[:-100], b"x" * 1000)):
        bad = tmp_path / f"bad{number}.zip"
        bad.write_bytes(data)
        refused(bad, tmp_path / "new")
    with pytest.raises(BundleError, match=r"absent\.zip: No such file"):
        import_bundle(tmp_path / "absent.zip", tmp_path / "new")


def test_names_and_packings_of_others_are_refused(bundle: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.zip"
    for method, said in (
        (zipfile.ZIP_LZMA, "packed in another way"),
        (zipfile.ZIP_BZIP2, "packed in another way"),
        (zipfile.ZIP_STORED, "not a readable archive"),
    ):
        with zipfile.ZipFile(odd, "w", method) as packed:
            packed.write(bundle / DESCRIPTION_FILE, DESCRIPTION_FILE)
        content = bytearray(odd.read_bytes())
        if method == zipfile.ZIP_STORED:
            entry = content.rindex(b"PK\x01\x02")
            content[entry + 9] |= 8  # the name is said to be UTF-8, which it is not
            content[entry + 46] = 0xFF
            odd.write_bytes(content)
        assert said in refused(odd, tmp_path / "new")


def test_numbers_that_nobody_counts_with_are_refused(
    bundle: Path, archive: Path, tmp_path: Path
) -> None:
    def change(files: dict[str, bytes]) -> None:
        tensors = load_file(bundle / "visual.safetensors")
        save_file(
            {name: values.to(torch.float8_e4m3fn) for name, values in tensors.items()},
            tmp_path / "odd.safetensors",
        )
        files["visual.safetensors"] = (tmp_path / "odd.safetensors").read_bytes()

    bad = repacked(archive, tmp_path / "bad.zip", change)
    (tmp_path / "odd.safetensors").touch()
    assert "is torch.float8_e4m3fn" in refused(bad, tmp_path / "new")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**31), st.integers(1, 8))
def test_damaged_archives_are_refused_or_equal(
    archive: Path, bundle: Path, seed: int, count: int
) -> None:
    draw = np.random.default_rng(seed)
    data = bytearray(archive.read_bytes())
    for place in draw.integers(len(data), size=count):
        data[place] ^= int(draw.integers(1, 256))
    bad = archive.with_name("damaged.zip")
    bad.write_bytes(bytes(data))
    folder = archive.with_name(f"new {seed} {count}")
    try:
        import_bundle(bad, folder)
    except BundleError as error:
        assert "\n" not in str(error) and not folder.exists()
    else:
        assert bundle_version(folder) == bundle_version(bundle)


def test_the_version_is_what_is_found(bundle: Path) -> None:
    version = bundle_version(bundle)
    assert len(version) == 16
    path = bundle / DESCRIPTION_FILE
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, "name": "another"}))
    (bundle / PROVENANCE_FILE).unlink()
    assert bundle_version(bundle) == version
    path.write_text(json.dumps({**raw, "floor": 0.05}))
    assert bundle_version(bundle) != version
    path.write_text(json.dumps(raw))
    tensors = load_file(bundle / LABEL_FILE)
    tensors["sed"] = tensors["sed"] * 1.001
    save_file(tensors, bundle / LABEL_FILE)
    assert bundle_version(bundle) != version


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"seed": -1},
        {"at": "yesterday"},
        {"name": 3},
        {"metrics": [{"kind": "sed"}]},
        {"metrics": [{**json.loads(PROVENANCE.to_text())["metrics"][0], "after": 1.5}]},
        {"metrics": [{**json.loads(PROVENANCE.to_text())["metrics"][0], "kind": "dog"}]},
        {"version": 2},
    ],
)
def test_provenance_is_checked(change: dict) -> None:
    raw = json.loads(PROVENANCE.to_text())
    assert parse_provenance(PROVENANCE.to_text(), "p") == PROVENANCE
    with pytest.raises(BundleError, match=r"^p: "):
        parse_provenance(json.dumps({**raw, **change}), "p")
