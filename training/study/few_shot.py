"""``python -m training.study.few_shot --scenes DIR --out DIR``: a new label from few corrections.

A head is trained on scenes without some labels: scenes in which they occur are left out, and so
are their rows. Then 10, 20, 50 corrected events of each such label are learned as the program
learns corrections, several times with other events, and judged on scenes of other clips. The
encoders are those of the bundle, which have heard and seen clips of these labels; head and list
of labels have not. ``--own-head`` takes the bundle's head, too: then only the list of labels does
not know them, and ``--prompt`` with words that mean nothing hides their names.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError, starter_folder
from core_model.detection.encoding import blank_picture
from core_model.detection.run import Features
from core_model.device import choose_device
from core_model.timeline import US_PER_S, SnippetGrid, Task
from training.corrections.data import (
    Decision,
    TrainingData,
    TrainingLabel,
    TrainingSegment,
    TrainingVideo,
)
from training.corrections.encoded import EncodedStretch, EncodedVideo
from training.corrections.learner import SETTINGS, Learner
from training.corrections.measure import compare
from training.corrections.open_model import OpenModel
from training.corrections.plan import prepare
from training.corrections.split import whole_stretch
from training.errors import TrainingError
from training.starter.scene_store import SceneSet
from training.study.runs import StudySettings
from training.study.scenes import SCENE_S, read_scenes, with_pictures
from training.study.strange_head import Key, strange_head, unlisted

COUNTS = (10, 20, 50)
SCENE_US = round(SCENE_S * US_PER_S)


@dataclass(frozen=True, slots=True)
class FewShot:
    """One training: average precision (mean over tIoU 0.1:0.1:0.9) of the new label and mean of
    the old ones of its kind, before (asked by ``prompt``, "" for its name) and after; ``events``
    were corrected."""

    kind: str
    label: str
    count: int
    seed: int
    events: int
    before: float
    after: float
    old_before: float
    old_after: float
    seconds: float
    prompt: str = ""


def corrected(
    scenes: SceneSet, key: Key, count: int, seed: int, prompt: str = ""
) -> tuple[TrainingData, dict[str, EncodedVideo], int]:
    """Scenes by chance until ``count`` events of a label are in them, with these alone marked;
    and how many there are. ``prompt`` is the wording of the label, "" for its name. Raises
    TrainingError where there are fewer."""
    task, label = key
    holds = [
        number
        for number, events in enumerate(scenes.events)
        if any((e.task, e.label) == key for e in events)
    ]
    videos, encoded, events = [], {}, 0
    for number in np.random.default_rng(seed).permutation(holds).tolist():
        if events >= count:
            break
        video = _video(scenes, number, {key}, is_done=False)
        videos.append(video)
        encoded[video.name] = _encoded(scenes, number)
        events += len(video.segments)
    if events < count:
        raise TrainingError(f"{task} {label}: {events} events in these scenes, not {count}")
    known = TrainingLabel(task, label, prompt)
    return TrainingData("few shots", seed, tuple(videos), (known,)), encoded, events


def _video(
    scenes: SceneSet, number: int, wanted: set[Key] | None, *, is_done: bool
) -> TrainingVideo:
    """A scene as an annotated video; ``wanted`` of None marks everything."""
    marked = tuple(
        TrainingSegment(
            event.task,
            event.label,
            round(event.onset_s * US_PER_S),
            min(round(event.offset_s * US_PER_S), SCENE_US),
            Decision.HUMAN,
        )
        for event in scenes.events[number]
        if (wanted is None or (event.task, event.label) in wanted) and event.onset_s < SCENE_S
    )
    name = f"scene {number}"
    return TrainingVideo(name, name, name, SCENE_US, is_done, marked)


def _encoded(scenes: SceneSet, number: int) -> EncodedVideo:
    features = Features(scenes.visual[number], scenes.audio[number])
    return EncodedVideo(
        f"scene {number}", features, SnippetGrid(0), len(features.audio), SCENE_US, tuple(Task)
    )


def results(
    model: OpenModel,
    train: SceneSet,
    test: SceneSet,
    labels: Sequence[Key],
    counts: Sequence[int],
    seeds: Sequence[int],
    out: Path,
    steps: int | None = None,
    prompt: str = "",
) -> Iterator[FewShot]:
    """Every training, seed after seed; what lies in ``out`` is not repeated."""
    stretches = [
        EncodedStretch(
            _encoded(test, number),
            whole_stretch(_video(test, number, None, is_done=True)),
            0,
            test.audio.shape[1],
        )
        for number in range(len(test))
    ]
    for seed in seeds:
        for key in labels:
            for count in counts:
                path = out / f"few-{key[0]}-{key[1].replace(' ', '_')}-{count}-seed{seed}.json"
                if not path.exists():
                    result = _few_shot(model, train, stretches, key, count, seed, steps, prompt)
                    partial = path.with_suffix(".partial")
                    partial.write_text(json.dumps(asdict(result)) + "\n", encoding="utf-8")
                    partial.replace(path)
                result = _read(path)
                if result.prompt != prompt:
                    raise TrainingError(f"{path.name}: made with another prompt; use another --out")
                yield result


def _read(path: Path) -> FewShot:
    try:
        return FewShot(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{path.name}: not a result of this study ({error})") from error


def _few_shot(
    model: OpenModel,
    train: SceneSet,
    stretches: Sequence[EncodedStretch],
    key: Key,
    count: int,
    seed: int,
    steps: int | None,
    prompt: str,
) -> FewShot:
    task, label = key
    began_s = time.monotonic()
    data, encoded, events = corrected(train, key, count, seed, prompt)
    prepared = prepare(data, model.description, seed)
    settings = SETTINGS[prepared.plan.depth]
    if steps is not None:
        settings = replace(settings, steps=steps)
    learner = Learner.begin(model, data, encoded, seed=seed, settings=settings, prepared=prepared)
    for _ in learner.events():
        pass
    rows = compare(learner.before, learner.result, stretches, task)
    new = next((row for row in rows if row.label == label), None)
    if new is None:
        raise TrainingError(f"{task} {label}: no event in the scenes to judge on")
    old = [row for row in rows if row.label not in ("", label)]
    return FewShot(
        kind=str(task),
        label=label,
        count=count,
        seed=seed,
        events=events,
        before=new.before,
        after=new.after,
        old_before=float(np.mean([row.before for row in old] or [0.0])),
        old_after=float(np.mean([row.after for row in old] or [0.0])),
        seconds=round(time.monotonic() - began_s, 1),
        prompt=prompt,
    )


def table(found: Sequence[FewShot]) -> str:
    """AP in per cent, mean and deviation over seeds, and the change of old labels in points."""
    counts = sorted({one.count for one in found})
    lines = [
        f"| label | before | {' | '.join(f'{c} corrected' for c in counts)} | old labels |",
        f"| --- |{' --- |' * (len(counts) + 2)}",
    ]
    for kind, label in dict.fromkeys((one.kind, one.label) for one in found):
        mine = [one for one in found if (one.kind, one.label) == (kind, label)]
        cells = [_cell([one.after for one in mine if one.count == count]) for count in counts]
        change = [one.old_after - one.old_before for one in mine]
        worst, mean = 100 * min(change), 100 * float(np.mean(change))
        before = _cell([one.before for one in mine])
        old = f"{mean:+.1f} (worst {worst:+.1f})"
        lines.append(f"| {label} ({kind.upper()}) | {before} | {' | '.join(cells)} | {old} |")
    return "\n".join(lines)


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    spread = f" ± {100 * np.std(values, ddof=1):.1f}" if len(set(values)) > 1 else ""
    return f"{100 * np.mean(values):.1f}{spread}"


def main(argv: list[str] | None = None) -> int:
    """0, or 1 with one line on stderr."""
    arguments = _arguments(argv)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    settings = StudySettings(arguments.dim, arguments.rounds, arguments.batch)
    labels = [
        (Task(kind), label) for kind, _, label in (x.partition(":") for x in arguments.labels)
    ]
    try:
        bundle = Bundle(arguments.bundle)
        train = read_scenes(arguments.scenes, arguments.train)
        test = read_scenes(arguments.scenes, arguments.test, arguments.test_scenes)
        if not train.visual.shape[-1] or not test.visual.shape[-1]:
            blank = blank_picture(bundle.visual_encoder(torch.device("cpu")), choose_device("cpu"))
            train, test = with_pictures(train, blank), with_pictures(test, blank)
        model = OpenModel.of(bundle)
        if arguments.own_head:
            model = unlisted(model, labels)
        else:
            model = strange_head(train, model, labels, settings, arguments.out / "head.safetensors")
        found = []
        seeds = range(1, arguments.seeds + 1)
        for one in results(
            model,
            train,
            test,
            labels,
            arguments.counts,
            seeds,
            arguments.out,
            arguments.steps,
            arguments.prompt,
        ):
            print(
                f"{one.label}, {one.events} events, seed {one.seed}: {one.before:.3f} ->"
                f" {one.after:.3f}, old {one.old_before:.3f} -> {one.old_after:.3f}"
                f" ({one.seconds:.0f} s)",
                file=sys.stderr,
                flush=True,
            )
            found.append(one)
    except (TrainingError, BundleError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"AP in per cent (mean over tIoU 0.1:0.1:0.9) on {len(test)} scenes\n")
    print(table(found))
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    defaults = StudySettings()
    parser = argparse.ArgumentParser(prog="python -m training.study.few_shot", description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True, help="folder of scenes_*.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument(
        "--labels", nargs="+", required=True, help="KIND:LABEL, left out of training"
    )
    parser.add_argument("--counts", nargs="+", type=int, default=COUNTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bundle", type=Path, default=starter_folder(), help="whose encoders")
    parser.add_argument("--train", default="train", help="which scenes_NAME_*.npz to learn from")
    parser.add_argument("--test", default="test")
    parser.add_argument("--test-scenes", type=int)
    parser.add_argument("--dim", type=int, default=defaults.dim)
    parser.add_argument("--rounds", type=int, default=defaults.rounds)
    parser.add_argument("--batch", type=int, default=defaults.batch)
    parser.add_argument("--own-head", action="store_true", help="the bundle's, not a new one")
    parser.add_argument("--prompt", default="", help="wording of all the labels; their names")
    parser.add_argument("--steps", type=int, help="of learning corrections; the program's own")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
