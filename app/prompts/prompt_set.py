"""Named sets of prompts with what came of them: values, and JSON in and out, strictly checked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from app.prompts.prompt_book import Prompt
from core_model.prompt_spec import MOST_PROMPTS, PromptError, PromptSpec

VERSION = 1
LARGEST_BYTES = 4_000_000
LONGEST_NAME = 200
LONGEST_NOTES = 20_000
MOST_SETS = 500
MOST_RESULTS = 200
_TOP_KEYS = {"avscope_prompt_sets", "sets"}
_SET_KEYS = {"name", "notes", "prompts", "results"}
_PROMPT_KEYS = {"spec", "threshold", "shown"}
_RESULT_KEYS = {"video", "model", "at", "thresholds", "counts"}

_T = TypeVar("_T")


class PromptSetError(ValueError):
    """A file or a stored value that is no list of sets; one line that names it and the reason."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a set found in one video: how many hits each prompt had from its threshold on.

    ``at`` is UTC in ISO 8601, ``model`` the name and version of the model.
    """

    video: str
    model: str
    at: str
    thresholds: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PromptSet:
    """An experiment that can be repeated: prompts with thresholds, notes, and its results, the
    newest last. ``counts`` and ``thresholds`` of a result are in the order of ``prompts``.
    """

    name: str
    prompts: tuple[Prompt, ...]
    notes: str = ""
    results: tuple[Result, ...] = ()


def to_json(sets: Iterable[PromptSet]) -> dict[str, Any]:
    """JSON types; :func:`from_json` gives equal sets back."""
    return {"avscope_prompt_sets": VERSION, "sets": [_set_to_json(each) for each in sets]}


def from_json(raw: object, source: str) -> tuple[PromptSet, ...]:
    """The sets of parsed JSON. Raises PromptSetError, whose message begins with ``source``."""
    top = _object(raw, source, _TOP_KEYS)
    if top["avscope_prompt_sets"] != VERSION:
        raise PromptSetError(f"{source}: not a list of prompt sets of version {VERSION}")
    found = _list(top["sets"], f"{source}: 'sets'", MOST_SETS, _set_from_json)
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise PromptSetError(f"{source}: two sets have one name")
    return found


def write_sets(path: Path, sets: Iterable[PromptSet]) -> None:
    """Write a file, whole or not at all. Raises PromptSetError."""
    draft = path.with_name(path.name + ".new")
    text = json.dumps(to_json(sets), ensure_ascii=False, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise PromptSetError(f"{path.name}: {error.strerror or error}") from error


def read_sets(path: Path) -> tuple[PromptSet, ...]:
    """Read a file that anybody may have written. Raises PromptSetError."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise PromptSetError(f"{path.name}: larger than {LARGEST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PromptSetError(f"{path.name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PromptSetError(f"{path.name}: not text in UTF-8") from error
    try:
        raw = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise PromptSetError(f"{path.name}: not JSON") from error
    return from_json(raw, path.name)


def prompt_to_json(prompt: Prompt) -> dict[str, Any]:
    """JSON types; :func:`prompt_from_json` gives an equal prompt back."""
    spec = prompt.spec.to_dict()
    return {"spec": spec, "threshold": prompt.threshold, "shown": prompt.is_shown}


def prompt_from_json(raw: object, where: str) -> Prompt:
    """The prompt of parsed JSON. Raises PromptSetError, whose message begins with ``where``."""
    values = _object(raw, where, _PROMPT_KEYS)
    try:
        spec = PromptSpec.from_dict(values["spec"], where)
    except PromptError as error:
        raise PromptSetError(str(error)) from error
    if not isinstance(values["shown"], bool):
        raise PromptSetError(f"{where}: 'shown' must be true or false")
    return Prompt(spec, _share(values["threshold"], f"{where}: 'threshold'"), values["shown"])


def _set_to_json(each: PromptSet) -> dict[str, Any]:
    return {
        "name": each.name,
        "notes": each.notes,
        "prompts": [prompt_to_json(one) for one in each.prompts],
        "results": [
            {
                "video": result.video,
                "model": result.model,
                "at": result.at,
                "thresholds": list(result.thresholds),
                "counts": list(result.counts),
            }
            for result in each.results
        ],
    }


def _set_from_json(raw: object, where: str) -> PromptSet:
    values = _object(raw, where, _SET_KEYS)
    prompts = _list(values["prompts"], f"{where}: 'prompts'", MOST_PROMPTS, prompt_from_json)
    results = _list(values["results"], f"{where}: 'results'", MOST_RESULTS, _result_from_json)
    if not prompts:
        raise PromptSetError(f"{where}: a set without prompts")
    if len({prompt.spec for prompt in prompts}) < len(prompts):
        raise PromptSetError(f"{where}: a prompt occurs twice")
    for result in results:
        if not len(result.counts) == len(result.thresholds) == len(prompts):
            raise PromptSetError(f"{where}: a result has not one number for each prompt")
    name = _text(values["name"], f"{where}: 'name'", LONGEST_NAME)
    if not name.strip() or not name.isprintable():
        raise PromptSetError(f"{where}: 'name' must be one line with a word in it")
    notes = _text(values["notes"], f"{where}: 'notes'", LONGEST_NOTES)
    return PromptSet(name, prompts, notes, results)


def _result_from_json(raw: object, where: str) -> Result:
    values = _object(raw, where, _RESULT_KEYS)
    video, model, at = (
        _text(values[key], f"{where}: {key!r}", 1_000) for key in ("video", "model", "at")
    )
    try:
        datetime.fromisoformat(at)
    except ValueError as error:
        raise PromptSetError(f"{where}: 'at' is no date") from error
    thresholds = _list(values["thresholds"], f"{where}: 'thresholds'", MOST_PROMPTS, _share)
    counts = _list(values["counts"], f"{where}: 'counts'", MOST_PROMPTS, _count)
    return Result(video, model, at, thresholds, counts)


def _object(raw: object, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise PromptSetError(f"{where}: must be an object")
    if raw.keys() != keys:
        odd = sorted(map(str, raw.keys() ^ keys))[0]
        fault = "unknown key" if odd in raw else "missing key"
        raise PromptSetError(f"{where}: {fault} {odd[:40]!r}")
    return raw


def _list(raw: object, where: str, most: int, read: Callable[[object, str], _T]) -> tuple[_T, ...]:
    if not isinstance(raw, list):
        raise PromptSetError(f"{where} must be a list")
    if len(raw) > most:
        raise PromptSetError(f"{where} has more than {most} entries")
    return tuple(read(each, f"{where} {number}") for number, each in enumerate(raw, start=1))


def _text(raw: object, where: str, longest: int) -> str:
    if not isinstance(raw, str) or len(raw) > longest:
        raise PromptSetError(f"{where} must be a text of at most {longest} characters")
    if "\0" in raw or any(0xD800 <= ord(each) <= 0xDFFF for each in raw):
        raise PromptSetError(f"{where} holds characters that are no text")
    return raw


def _share(raw: object, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        raise PromptSetError(f"{where} must lie in [0, 1]")
    return float(raw)


def _count(raw: object, where: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= 10_000_000:
        raise PromptSetError(f"{where} must be a whole number from 0 on")
    return raw


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")
