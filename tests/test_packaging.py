"""What a person gets who installs the project: declared, complete, and with clear words."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = {"app", "core_model", "training", "resources", "main", "benchmarks", "tests", "scripts"}


def _distribution(requirement: str) -> str:
    """The bare name of a requirement, in the spelling of PyPI's index."""
    name = requirement
    for character in "<>=!~[; ":
        name = name.partition(character)[0]
    return name.lower().replace("_", "-")


def _imported(folder: str) -> set[str]:
    """Top names of everything that the Python files of a package import."""
    names: set[str] = set()
    for source in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - OURS


@pytest.mark.parametrize("package", ["app", "core_model", "training", "resources"])
def test_every_import_is_declared(package: str) -> None:
    declared = {_distribution(requirement) for requirement in PROJECT["project"]["dependencies"]}
    providers = packages_distributions()
    for name in _imported(package):
        candidates = {provider.lower().replace("_", "-") for provider in providers.get(name, [])}
        assert candidates & declared, f"{package} imports {name}, which pyproject.toml lacks"


def test_torch_of_the_set_up_satisfies_the_project() -> None:
    bootstrap = _bootstrap()
    name, _, version = bootstrap.TORCH.partition("==")
    (declared,) = [
        requirement
        for requirement in PROJECT["project"]["dependencies"]
        if _distribution(requirement) == name
    ]
    release = ".".join(version.split(".")[:2])
    assert f">={release}," in declared


def test_text_files_have_unix_line_endings() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    lines = listing.stdout.splitlines()
    assert lines
    assert [line for line in lines if line.startswith(("i/crlf", "i/mixed"))] == []


def _bootstrap() -> ModuleType:
    """The set-up script as a module; it is no part of a package."""
    path = ROOT / "scripts" / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("avscope_bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install -y libegl1 libportaudio2"),
        ("dnf", "sudo dnf install -y libglvnd-egl portaudio"),
        ("pacman", "sudo pacman -S --needed libglvnd portaudio"),
    ],
)
def test_missing_libraries_are_named_in_one_command(
    manager: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = _bootstrap()
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name, **_: f"/bin/{name}" if name == manager else None
    )
    missing = [
        library for library in bootstrap.LIBRARIES if library.apt in ("libegl1", "libportaudio2")
    ]
    said = bootstrap.command_to_type(missing)
    assert said.endswith(command)
    assert "\n" not in said


def test_old_python_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap = _bootstrap()
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(bootstrap.SetupError, match=r"Python 3\.11 or newer and this is 3\.9\.2"):
        bootstrap.check_python()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries come with the wheels")
def test_missing_library_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap = _bootstrap()
    monkeypatch.setattr(bootstrap, "known_libraries", lambda: {"libEGL.so.1"})
    missing = [package.provides for package in bootstrap.missing_packages(dev=False)]
    assert "libEGL.so.1" not in missing
    assert "libportaudio.so.2" in missing


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no packages of a system there")
@pytest.mark.parametrize(
    ("programs", "user", "expected"),
    [
        (("apt-get",), 0, True),
        (("apt-get",), 1000, False),
        (("apt-get", "pipewire"), 0, False),
        (("dnf",), 0, False),
    ],
)
def test_a_sound_server_replaces_no_other(
    programs: tuple[str, ...], user: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = _bootstrap()
    found = {name: f"/bin/{name}" for name in programs}
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name, **_: found.get(name))
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: user)
    assert bootstrap.may_add_sound_server() is expected
