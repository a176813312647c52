"""One search over many files: every snippet is compared, a file at a time on each of some threads.

Brute force needs no index that has to be built and kept equal to the encodings, and reads 1.1 GB
for 100 hours of one stream. It is the encodings on the disk that are read: they are never all in
memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.cache import EncodingCache, MappedEncodings
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.prompt_spec import Example, Moment, PromptError, PromptSpec
from core_model.prompting.texts import prompt_rows, will_load_text_model
from core_model.search.columns import Columns, ColumnShelf, Yardstick
from core_model.search.likeness import LikeExample, LikeWords, mean_of, scores_of
from core_model.search.moments import Stretch, best_stretches
from core_model.search.places import Places
from core_model.timeline import SnippetGrid, Task

# With more they only wait for the memory.
_THREADS = max(1, min(4, os.cpu_count() or 1))
# Both streams of an audio-visual event are compared, each in the words of its own kind.
_STREAMS = {Task.TAL: (Task.TAL,), Task.SED: (Task.SED,), Task.AVEL: (Task.TAL, Task.SED)}
_MOST_MEANS = 10_000
_Means: TypeAlias = tuple[int, dict[Task, np.ndarray]]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Found:
    """Moments by falling score; ``missing`` are the files without encodings, in their order."""

    moments: tuple[Moment, ...]
    missing: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """An encoded file: embeddings on the disk and columns of each stream that is compared, none
    where it lacks one of them. It is held open as long as this is held."""

    entry: MappedEncodings
    streams: dict[Task, tuple[np.ndarray, Columns]]


@dataclass(frozen=True, slots=True)
class _Scored:
    """How much each snippet (n,) of a file is like the query."""

    path: Path
    grid: SnippetGrid
    end_us: int
    scores: np.ndarray


class CorpusSearch:
    """Searches files that were encoded with one bundle; for one thread."""

    def __init__(self, bundle: Bundle, cache: EncodingCache) -> None:
        self._bundle = bundle
        self._cache = cache
        folder = cache.folder.parent / "search"
        self._columns = ColumnShelf(folder)
        self._places = Places(folder)
        self._yardsticks: dict[Task, Yardstick] = {}
        self._known_means: dict[tuple[str, tuple[Task, ...]], _Means] = {}

    def will_load_text_model(self, query: PromptSpec | Example) -> bool:
        """Whether :meth:`search` has to read the text model first."""
        return isinstance(query, PromptSpec) and will_load_text_model(
            self._bundle, [replace(query, task=task) for task in _STREAMS[query.task]]
        )

    def remember(self, path: Path, media_hash: str, start_us: int) -> None:
        """Spare the next search a look into a file that was encoded just now. Raises OSError."""
        self._places.remember(path, media_hash, start_us)

    def can_compare(self, task: Task) -> bool:
        """Whether the bundle's embeddings can be compared with words for a kind of events."""
        known = self._bundle.description.tasks
        return all(each in known and known[each].similarity.weight for each in _STREAMS[task])

    def search(
        self,
        paths: Sequence[Path],
        query: PromptSpec | Example,
        top: int,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generator[None, None, Found]:
        """The ``top`` moments most like the query; yields between files, so that others may work.

        Moments that overlap the stretch of an example are left out. Once ``cancelled`` says True
        it returns early, with what was found so far.

        Raises:
            PromptError: the bundle cannot compare snippets with words.
            MediaError: the file of an example is not encoded.
            TextEncoderError: a new wording, and the text model is not installed.
        """
        tasks = _STREAMS[query.task]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="search") as executor:
            if isinstance(query, PromptSpec):
                compared = self._words(query, tasks)
            else:
                means = yield from _in_turn(
                    executor, lambda path: self._means(path, tasks), paths, cancelled
                )
                compared = self._example(query, [each for each in means if each is not None])
            scored = yield from _in_turn(
                executor, lambda path: self._scored(path, tasks, compared), paths, cancelled
            )
        self._places.save()
        files = [file for file in scored if file is not None]
        stretches = best_stretches([file.scores for file in files], top, _excluded(query, files))
        moments = tuple(_moment(files[each.source], query.task, each) for each in stretches)
        missing = (path for path, file in zip(paths, scored, strict=False) if file is None)
        return Found(moments, tuple(missing))

    def _words(self, spec: PromptSpec, tasks: Sequence[Task]) -> LikeWords:
        if not self.can_compare(spec.task):
            raise PromptError(
                f"{self._bundle.description.name}: what it makes of a file cannot be compared with"
                f" words for {spec.task}"
            )
        return LikeWords(
            {task: prompt_rows(self._bundle, replace(spec, task=task)).rows for task in tasks}
        )

    def _example(self, example: Example, means: Sequence[_Means]) -> LikeExample:
        """What the stretch has in common, less what all files have in common."""
        tasks = _STREAMS[example.task]
        own = self._opened(example.path, tasks)
        if own is None or not own.streams:
            lacking = "is not encoded yet" if own is None else "lacks the stream to compare"
            raise MediaError(example.path, WHOLE_FILE, lacking)
        first, last = _snippets(own.entry.grid, own.entry.count, example.span_us)
        rows: dict[Task, torch.Tensor] = {}
        for task, (embeddings, columns) in own.streams.items():
            every = [(count, mean[task]) for count, mean in means if task in mean]
            counts, vectors = zip(*every or [(1, columns.mean)], strict=True)
            common = torch.from_numpy(np.average(vectors, axis=0, weights=counts)).float()
            rows[task] = torch.stack([mean_of(embeddings[first : last + 1]) - common, common])
        return LikeExample(rows)

    def _means(self, path: Path, tasks: Sequence[Task]) -> _Means | None:
        """How many snippets a file has, and their mean in each stream; the file is not opened
        where that is known. None where it is not encoded."""
        try:
            media_hash, _grid = self._places.look_up(path)
        except (OSError, MediaError):
            return None
        key = (media_hash, tuple(tasks))
        known = self._known_means.get(key)
        if known is None:
            file = self._opened(path, tasks)
            if file is None:
                return None
            means = {task: columns.mean.copy() for task, (_, columns) in file.streams.items()}
            known = (file.entry.count, means)
            if len(self._known_means) >= _MOST_MEANS:
                self._known_means.clear()
            self._known_means[key] = known
        return known

    def _scored(
        self, path: Path, tasks: Sequence[Task], query: LikeWords | LikeExample
    ) -> _Scored | None:
        file = self._opened(path, tasks)
        if file is None:
            return None
        scores = scores_of(file.streams, query) if file.streams else np.zeros(0, np.float32)
        return _Scored(path, file.entry.grid, file.entry.end_us, scores)

    def _opened(self, path: Path, tasks: Sequence[Task]) -> _File | None:
        """A file whose encodings are on the disk; without streams where it lacks one of those
        that are compared. None where it is not encoded, or not there."""
        try:
            media_hash, grid = self._places.look_up(path)
        except (OSError, MediaError):
            return None
        entry = self._cache.mapped(media_hash, self._bundle.encoder_ids, grid)
        if entry is None:
            return None
        arrays = {task: entry.visual if task is Task.TAL else entry.audio for task in tasks}
        streams: dict[Task, tuple[np.ndarray, Columns]] = {}
        for task, embeddings in arrays.items():
            if embeddings is None:
                return _File(entry, {})
            yardstick = self._yardstick(task, embeddings.shape[1])
            columns = self._columns.columns(f"{entry.checksum} {task}", embeddings, yardstick)
            streams[task] = (embeddings, columns)
        return _File(entry, streams)

    def _yardstick(self, task: Task, dim: int) -> Yardstick:
        """The bundle's rows; none where its embeddings have no common space with words."""
        yardstick = self._yardsticks.get(task)
        if yardstick is None:
            yardstick = Yardstick(torch.zeros(0, dim), 1.0)
            known = self._bundle.description.tasks.get(task)
            if known is not None and known.similarity.weight:
                yardstick = Yardstick(self._bundle.reference(task), known.similarity.scale)
            self._yardsticks[task] = yardstick
        return yardstick


def _in_turn(
    executor: ThreadPoolExecutor,
    work: Callable[[_Item], _Result],
    items: Sequence[_Item],
    cancelled: Callable[[], bool],
) -> Generator[None, None, list[_Result]]:
    """The results in order, as far as they were wanted."""
    futures = [executor.submit(work, item) for item in items]
    results: list[_Result] = []
    try:
        for future in futures:
            if cancelled():
                break
            results.append(future.result())
            yield
    finally:
        for future in futures:
            future.cancel()
    return results


def _snippets(grid: SnippetGrid, count: int, span_us: tuple[int, int]) -> tuple[int, int]:
    """First and last snippet whose centre lies in a span, at least the one that is nearest."""
    first = int(np.clip(np.ceil(grid.coordinate(span_us[0])), 0, count - 1))
    last = int(np.clip(np.floor(grid.coordinate(span_us[1])), 0, count - 1))
    return (first, last) if first <= last else (last, last)


def _excluded(query: PromptSpec | Example, files: Sequence[_Scored]) -> list[Stretch]:
    if isinstance(query, PromptSpec):
        return []
    return [
        Stretch(source, *_snippets(file.grid, len(file.scores), query.span_us), 0.0)
        for source, file in enumerate(files)
        if file.path == query.path and len(file.scores)
    ]


def _moment(file: _Scored, task: Task, stretch: Stretch) -> Moment:
    """A snippet stands for the quarter of a second around its centre; the file's own ends are
    reached by the outermost ones."""
    half_us = file.grid.stride_us // 2
    onset_us = file.grid.centre_us(float(stretch.first)) - half_us
    offset_us = file.grid.centre_us(float(stretch.last)) + half_us
    if stretch.first == 0:
        onset_us = file.grid.origin_us
    if stretch.last == len(file.scores) - 1:
        offset_us = file.end_us
    return Moment(file.path, task, onset_us, min(offset_us, file.end_us), stretch.score)
