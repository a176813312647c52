"""How fast prompts and searches are answered: python -m benchmarks.prompts [--quick] [--cores N]

Encodings are made up: drifting noise around the mean of the bundled sample's own embeddings, with
events of bundled labels mixed in, so that as much is found as in a busy video. Everything after
the encoders is the real thing. ``--quick`` searches 10 hours instead of 100. Processor time is
printed beside time on the wall, for machines that are busy with other things.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import starter_folder
from core_model.cache import EncodingCache, Encodings, content_hash
from core_model.detection.run import Features
from core_model.media.probe import AudioInfo, MediaInfo, VideoInfo
from core_model.predictor import Predictor
from core_model.prompt_spec import Example, PromptSpec
from core_model.prompting.kept import Extent, KeptFile
from core_model.timeline import US_PER_S, SnippetGrid, Task
from resources import resource_path

_HOUR_S = 3600
_FILE_S = 600
_REPEATS = 9
_COLD = "a kettle that begins to whistle"
_WARM = ("rain on a tin roof", "somebody sweeps the floor", "an old engine starts", "dog")


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds on the wall and of all processors."""

    wall_ms: float
    cpu_ms: float


def timed(work: Callable[[], object]) -> Measured:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Measured(1e3 * (time.perf_counter() - wall_s), 1e3 * (time.process_time() - cpu_s))


def median(rows: Sequence[Measured]) -> Measured:
    """Of the wall, with its processor time."""
    return sorted(rows, key=lambda row: row.wall_ms)[len(rows) // 2]


class MadeUp:
    """Encodings like those of the sample, as long as wanted."""

    def __init__(self, predictor: Predictor) -> None:
        sample = resource_path("sample") / "sample.mp4"
        for _ in predictor.encode(sample):
            pass
        file = predictor.kept_file(sample)
        if file is None:
            raise SystemExit(f"{sample}: cannot be encoded")
        self._streams = {Task.TAL: file.features.visual, Task.SED: file.features.audio}
        self._bundle = predictor.bundle

    def stream(self, task: Task, count: int, seed: int) -> np.ndarray:
        """float16 (count, dim): stretches of the sample's snippets, from 1 to 30 s each, and an
        event of a bundled label over each tenth of them."""
        random = np.random.default_rng(seed)
        own = self._streams[task].astype(np.float32)
        labels = self._bundle.text_embeddings(
            task, self._bundle.description.tasks[task].labels
        ).numpy()
        length = np.linalg.norm(own, axis=1).mean()
        rows = np.empty((count, own.shape[1]), np.float32)
        start = 0
        while start < count:
            size = int(random.integers(4, 120))
            begin = int(random.integers(len(own)))
            part = np.take(own, np.arange(begin, begin + size), axis=0, mode="wrap")
            if random.random() < 0.1:
                part = part + 0.7 * length * labels[random.integers(len(labels))]
            rows[start : start + size] = part[: count - start]
            start += size
        rows += random.normal(scale=0.1 * length / own.shape[1] ** 0.5, size=rows.shape)
        return rows.astype(np.float16)


def an_hour(made_up: MadeUp, path: Path) -> KeptFile:
    """A file of 60 minutes with picture and sound that is all encoded."""
    grid = SnippetGrid(0)
    end_us = _HOUR_S * US_PER_S
    count = grid.snippet_count(end_us)
    info = MediaInfo(
        path,
        0,
        end_us,
        VideoInfo("h264", 1280, 720, 0, 25.0, 0, end_us),
        AudioInfo("aac", 48_000, 2, 0, end_us),
    )
    features = Features(made_up.stream(Task.TAL, count, 1), made_up.stream(Task.SED, count, 2))
    return KeptFile(info, features, Extent(count, count, end_us))


def ask(predictor: Predictor, file: KeptFile, *specs: PromptSpec) -> int:
    """Prompt to finished detections; how many there are."""
    found = 0
    for update in predictor.prompter.answer(file, file.extent, specs, None, lambda: False):
        found = len(update.detections)
    return found


def print_prompts(predictor: Predictor, file: KeptFile, other: Predictor) -> None:
    """The table of prompts over an hour; ``other`` knows of it what is on the disk."""
    specs = [PromptSpec(task, ("dog",)) for task in Task]
    first = timed(lambda: [ask(predictor, file, spec) for spec in specs])
    other.prepare()
    unread = KeptFile(file.info, file.features, file.extent)
    again = timed(lambda: [ask(other, unread, spec) for spec in specs])
    before = predictor.work
    rows: dict[str, Measured] = {}
    counts: list[int] = []
    for task in Task:
        specs = [PromptSpec(task, (f"{word} {n}",)) for n in range(_REPEATS) for word in _WARM[:1]]
        rows[f"one new prompt, {task}"] = median(
            [timed(lambda s=spec: counts.append(ask(predictor, file, s))) for spec in specs]
        )
    known = [PromptSpec(Task.SED, ("dog",)) for _ in range(_REPEATS)]
    rows["one known label, sed"] = median(
        [timed(lambda s=s: ask(predictor, file, s)) for s in known]
    )
    ten = [PromptSpec(Task.SED, (f"thing number {n}",)) for n in range(10)]
    ask(predictor, file, *ten)
    rows["ten prompts at once, sed, remembered"] = median(
        [timed(lambda: ask(predictor, file, *ten)) for _ in range(_REPEATS)]
    )
    negative = PromptSpec(Task.SED, ("dog",), ("siren", "speech"))
    rows["with two negatives, sed"] = median(
        [timed(lambda: ask(predictor, file, negative)) for _ in range(_REPEATS)]
    )
    work = predictor.work
    print(f"60 min encoded, {os.cpu_count()} cores, text model warm, median of {_REPEATS}")
    print(f"{'':40}{'wall ms':>10}{'CPU ms':>10}")
    print(
        f"{'first prompts: the backbone, three kinds':40}{first.wall_ms:10.0f}{first.cpu_ms:10.0f}"
    )
    print(f"{'the same another day, three kinds':40}{again.wall_ms:10.0f}{again.cpu_ms:10.0f}")
    for what, row in rows.items():
        print(f"{what:40}{row.wall_ms:10.1f}{row.cpu_ms:10.1f}")
    print(
        f"calls of the encoders meanwhile: {work.encoder_calls - before.encoder_calls}, of the"
        f" backbone: {work.backbone_calls - before.backbone_calls};"
        f" {np.mean(counts):.0f} detections per new prompt"
    )
    points = sum(
        window.embeddings.nbytes + window.offsets.nbytes
        for task in Task
        for window in file.points(task).values()
    )
    megabytes = (file.size_bytes - points) / 1e6
    print(f"memory per hour: snippets {megabytes:.1f} MB, points {points / 3e6:.1f} MB per kind")


def print_cold() -> None:
    """A new process: the text model is read by its first prompt. Torch is loaded already."""
    program = (
        "import time; from core_model.bundle import Bundle;"
        "from core_model.bundle_description import starter_folder;"
        "from core_model.timeline import Task; bundle = Bundle(starter_folder());"
        f"began = time.perf_counter(); bundle.text_embeddings(Task.SED, [{_COLD!r}]);"
        "print(time.perf_counter() - began)"
    )
    command = [sys.executable, "-c", program]
    seconds = [
        float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)
    ]
    print(f"cold text model, first embedding: {np.median(seconds):.2f} s (of three processes)")


def archive(
    made_up: MadeUp, predictor: Predictor, cache: EncodingCache, hours: float, folder: Path
) -> Iterator[Path]:
    """Encodings of files of ten minutes under names of files that need not be played."""
    grid = SnippetGrid(0)
    count = grid.snippet_count(_FILE_S * US_PER_S)
    streams = [
        (made_up.stream(Task.TAL, count, n), made_up.stream(Task.SED, count, n + 50))
        for n in range(8)
    ]
    for number in range(round(hours * 3600 / _FILE_S)):
        path = folder / f"{number}.mp4"
        path.write_bytes(number.to_bytes(4, "little"))
        visual, audio = streams[number % len(streams)]
        shift = 7 * number % count
        entry = Encodings(
            grid, _FILE_S * US_PER_S, np.roll(visual, shift, axis=0), np.roll(audio, shift, axis=0)
        )
        cache.store(content_hash(path), predictor.bundle.encoder_ids, entry)
        yield path


def print_search(predictor: Predictor, made_up: MadeUp, hours: float) -> None:
    """The table of searches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = EncodingCache(folder / "cache" / "encodings", limit_bytes=10**11)
        paths = list(archive(made_up, predictor, cache, hours, folder))
        searcher = Predictor(predictor.bundle, "cpu", cache)
        # What a file is called is known from when it was encoded.
        for path in paths:
            searcher.corpus.remember(path, content_hash(path), 0)
        queries: dict[str, PromptSpec | Example] = {
            "sound": PromptSpec(Task.SED, ("dog",)),
            "picture": PromptSpec(Task.TAL, ("archery",)),
            "both streams": PromptSpec(Task.AVEL, ("clapping",)),
            "sound, an example": Example(paths[0], (5_000_000, 8_000_000), Task.SED),
            "both, an example": Example(paths[0], (5_000_000, 8_000_000), Task.AVEL),
        }
        print(f"search over {hours:g} h in {len(paths)} files")
        print(f"{'':24}{'first, s':>10}{'wall s':>10}{'CPU s':>10}")
        for what, query in queries.items():
            first = timed(lambda q=query: search(searcher, paths, q))
            again = median([timed(lambda q=query: search(searcher, paths, q)) for _ in range(3)])
            print(
                f"{what:24}{first.wall_ms / 1e3:10.2f}{again.wall_ms / 1e3:10.2f}"
                f"{again.cpu_ms / 1e3:10.2f}"
            )


def search(predictor: Predictor, paths: Sequence[Path], query: PromptSpec | Example) -> None:
    for _ in predictor.corpus.search(paths, query, 50):
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast prompts and searches are answered")
    parser.add_argument("--quick", action="store_true", help="search 10 hours only")
    parser.add_argument("--cores", type=int, help="use so many cores only (Linux)")
    arguments = parser.parse_args()
    if arguments.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(range(arguments.cores)))
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        predictor, other = (
            Predictor(Bundle(starter_folder()), "cpu", EncodingCache(folder / "encodings"))
            for _ in range(2)
        )
        made_up = MadeUp(predictor)
        predictor.bundle.text_embeddings(Task.SED, [_COLD])
        (folder / "an-hour.mp4").write_bytes(b"an hour")
        print_prompts(predictor, an_hour(made_up, folder / "an-hour.mp4"), other)
    print_cold()
    print_search(predictor, made_up, 10 if arguments.quick else 100)


if __name__ == "__main__":
    main()
