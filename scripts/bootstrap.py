"""Set AVScope up in a virtual environment: ``python scripts/bootstrap.py [--dev]``.

Uses the standard library only and installs what is missing, nothing else. On Linux the shared
libraries that Qt and PortAudio need are checked first: on Debian as root they are installed,
elsewhere the one command that installs them is printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
# A release with a wheel for the CPU; the range in pyproject.toml is then already satisfied.
TORCH = "torch==2.13.0"


@dataclass(frozen=True)
class SystemPackage:
    """What the program needs from the system, and how three families of Linux call it."""

    provides: str
    apt: str
    dnf: str
    pacman: str


LIBRARIES = (
    SystemPackage("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    SystemPackage("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    SystemPackage("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    SystemPackage("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    SystemPackage("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    SystemPackage("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    SystemPackage("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    SystemPackage("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    SystemPackage("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    SystemPackage(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    SystemPackage("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    SystemPackage("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    SystemPackage(
        "libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"
    ),
    SystemPackage("libportaudio.so.2", "libportaudio2", "portaudio", "portaudio"),
)
PROGRAMS = (
    SystemPackage("Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
    SystemPackage("xauth", "xauth", "xorg-x11-xauth", "xorg-xauth"),
)
# Tests of the sound play to a server of their own; without one they are skipped.
SOUND_SERVER = (
    SystemPackage("pulseaudio", "pulseaudio", "pulseaudio", "pulseaudio"),
    SystemPackage("pactl", "pulseaudio-utils", "pulseaudio-utils", "libpulse"),
    SystemPackage("alsa-pulse", "libasound2-plugins", "alsa-plugins-pulseaudio", "alsa-plugins"),
)
VENV_MODULE = SystemPackage("ensurepip", "python3-venv", "python3-libs", "python")


class SetupError(Exception):
    """The set-up cannot go on; the text says what the person can do."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="where to put it")
    arguments = parser.parse_args()
    try:
        check_python()
        if sys.platform.startswith("linux"):
            provide_system_packages(missing_packages(dev=arguments.dev))
        install(arguments.venv, dev=arguments.dev)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"Failed with exit code {error.returncode}: {_shell(error.cmd)}", file=sys.stderr)
        return 1
    return 0


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        have = ".".join(map(str, sys.version_info[:3]))
        need = ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(
            f"AVScope needs Python {need} or newer and this is {have}: "
            "name another one with `make PYTHON=python3.12 run`."
        )


def missing_packages(*, dev: bool) -> list[SystemPackage]:
    """What of the tables above this Linux machine lacks."""
    missing = [] if importlib.util.find_spec("ensurepip") else [VENV_MODULE]
    known = known_libraries()
    if known is not None:
        missing += [library for library in LIBRARIES if library.provides not in known]
    if dev:
        missing += [program for program in PROGRAMS if shutil.which(program.provides) is None]
        if may_add_sound_server():
            missing += SOUND_SERVER
    return missing


def may_add_sound_server() -> bool:
    """Whether one can be had without asking and without replacing another one (Debian, root)."""
    servers = ("pulseaudio", "pipewire", "jackd")
    in_place = any(shutil.which(server) for server in servers)
    return not in_place and shutil.which("apt-get") is not None and os.geteuid() == 0


def known_libraries() -> set[str] | None:
    """Sonames in the loader's cache; None where a system keeps no such cache."""
    # /sbin is not on the path of an ordinary Debian user.
    search = os.pathsep.join([os.environ.get("PATH", ""), "/sbin", "/usr/sbin"])
    ldconfig = shutil.which("ldconfig", path=search)
    if ldconfig is None:
        return None
    listing = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        return None
    return {line.split()[0] for line in listing.stdout.splitlines() if "=>" in line}


def provide_system_packages(missing: list[SystemPackage]) -> None:
    """Install them (Debian, root) or raise SetupError with the one command that does."""
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetupError(command_to_type(missing))
    names = sorted({package.apt for package in missing})
    print(f"Installing from Debian: {' '.join(names)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    install_command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *names]
    subprocess.run(install_command, check=True, env=environment, stdout=subprocess.DEVNULL)


def command_to_type(missing: list[SystemPackage]) -> str:
    """One line that names the command for this machine's package manager."""
    needs = ", ".join(package.provides for package in missing)
    for manager, command in (
        ("apt", "sudo apt-get install -y"),
        ("dnf", "sudo dnf install -y"),
        ("pacman", "sudo pacman -S --needed"),
    ):
        program = "apt-get" if manager == "apt" else manager
        if shutil.which(program):
            names = " ".join(sorted({getattr(package, manager) for package in missing}))
            return f"System packages are missing. Type this, then start again: {command} {names}"
    return f"Please install with your system's package manager: {needs}"


def install(venv: Path, *, dev: bool) -> None:
    """Create the environment where there is none, and bring it up to pyproject.toml."""
    folder = "Scripts" if os.name == "nt" else "bin"
    python = venv / folder / ("python.exe" if os.name == "nt" else "python")
    if not python.exists():
        print(f"Creating a virtual environment in {venv}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", os.fspath(venv)], check=True)
    pip = [os.fspath(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    print("Installing PyTorch (some hundred megabytes the first time)", flush=True)
    subprocess.run([*pip, TORCH], check=True)
    print("Installing AVScope" + (" with its test tools" if dev else ""), flush=True)
    subprocess.run([*pip, "--editable", ".[dev]" if dev else "."], check=True, cwd=ROOT)


def _shell(command: list[str] | str) -> str:
    return command if isinstance(command, str) else " ".join(command)


if __name__ == "__main__":
    sys.exit(main())
