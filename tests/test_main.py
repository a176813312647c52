"""The door: which command line leads where, and what is loaded on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import main
from resources import __version__

ROOT = Path(main.__file__).resolve().parent


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in a fresh interpreter in the project's root and return what it said."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"AVScope {__version__}\n"


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.main(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert all(f"main.py {command} " in said for command in main.COMMANDS)


@pytest.mark.parametrize("command", main.COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.main([command, "--help"])
    assert left.value.code == 0
    assert f"usage: main.py {command}" in capsys.readouterr().out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a display")
def test_without_display_one_line_names_the_headless_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main.main(["two words.mp4"]) != 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "python main.py detect 'two words.mp4'" in captured.err


def test_video_called_like_a_command_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    import app.bootstrap

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    opened: list[Path | None] = []

    def run_window(video: Path | None) -> int:
        opened.append(video)
        return 0

    monkeypatch.setattr(app.bootstrap, "run_window", run_window)
    assert main.main(["./detect"]) == 0
    assert opened == [Path("./detect")]


def test_exit_code_of_a_command_is_the_programs(tmp_path: Path) -> None:
    missing = tmp_path / "missing.mp4"
    done = run_python("main.py", "info", str(missing))
    assert done.returncode != 0
    assert "missing.mp4" in done.stderr
    assert "Traceback" not in done.stderr


def test_reader_that_leaves_early_sees_no_traceback() -> None:
    program = (
        "import sys, main\n"
        "class Gone:\n"
        "    def add_arguments(self, commands): commands.add_parser('info')\n"
        "    def run(self, arguments): raise BrokenPipeError\n"
        "main.importlib.import_module = lambda name: Gone()\n"
        "sys.exit(main.main(['info']))\n"
    )
    done = run_python("-c", program)
    assert (done.returncode, done.stderr) == (1, "")


GONE_WRONG = (
    "import sys, main\n"
    "class Command:\n"
    "    def add_arguments(self, commands): commands.add_parser('info')\n"
    "    def run(self, arguments):\n"
    "        print('a result')\n"
    "        print('a message', file=sys.stderr)\n"
    "        {}\n"
    "        return 0\n"
    "main.importlib.import_module = lambda name: Command()\n"
    "{}\n"
    "sys.exit(main.main(['info']))\n"
)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_the_output_is_one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", GONE_WRONG.format("pass", "")],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "a message\ninfo: No space left on device\n")


def test_what_the_system_refuses_is_one_line_and_results_stay() -> None:
    done = run_python("-c", GONE_WRONG.format("open('x' * 300)", ""))
    assert (done.returncode, done.stdout) == (1, "a result\n")
    assert done.stderr.startswith("a message\nxxx") and done.stderr.count("\n") == 2
    assert "Traceback" not in done.stderr


def test_closed_streams_take_nothing_and_mix_nothing() -> None:
    silent = run_python("-c", GONE_WRONG.format("pass", "sys.stdout = None"))
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "a message\n")
    mute = run_python("-c", GONE_WRONG.format("pass", "sys.stderr = None"))
    assert (mute.returncode, mute.stdout, mute.stderr) == (0, "a result\n", "")


def test_output_survives_a_terminal_without_unicode() -> None:
    program = "import main, sys; main.main(['--version'])"
    printing = "import main, sys; main._never_fail_to_print(sys.stdout); print('caf\\xe9')"
    assert run_python("-c", program, PYTHONIOENCODING="ascii").returncode == 0
    assert run_python("-c", printing, PYTHONIOENCODING="ascii").stdout == "caf\\xe9\n"


def test_info_loads_neither_torch_nor_qt(tmp_path: Path) -> None:
    program = (
        "import sys, main\n"
        f"main.main(['info', {str(tmp_path / 'missing.mp4')!r}])\n"
        "print([name for name in ('torch', 'PySide6') if name in sys.modules])\n"
    )
    assert run_python("-c", program).stdout.splitlines()[-1] == "[]"
