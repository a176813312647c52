"""The model card that lies beside the weights, written from the measured figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILES = {
    "visual.safetensors": "visual encoder: one embedding per 1 s snippet, every 0.25 s",
    "audio.safetensors": "audio encoder, the same",
    "head.safetensors": "UniAV with three experts and class-agnostic offsets",
    "labels.safetensors": "text embeddings of the labels",
}


def write_model_card(
    folder: Path,
    name: str,
    labels: Mapping[str, int],
    parameters: Mapping[str, int],
    report: Mapping[str, Any],
) -> None:
    """Write ``MODEL_CARD.md`` into the bundle; ``report`` is what ``figures.json`` holds."""
    parts = "\n".join(
        f"| {file} | {what} | {_millions(parameters.get(file))} "
        f"| {(folder / file).stat().st_size / 1e6:.1f} MB |"
        for file, what in FILES.items()
    )
    tasks = "\n".join(
        f"| {task.upper()} | {row['events']} | {row['map_at_half']:.3f} | {row['map_average']:.3f} "
        f"| {row['precision']:.3f} | {row['recall']:.3f} |"
        for task, row in report["scenes"]["tasks"].items()
    )
    sound, pictures, wordings = report["sound"], report["pictures"], report["wordings"]
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    card = template.format(
        name=name,
        parts=parts,
        tasks=tasks,
        sed_labels=labels["sed"],
        tal_labels=labels["tal"],
        avel_labels=labels["avel"],
        sound_test=sound["test"],
        sound_esc=sound["esc"],
        sound_same=sound["test_same_source"],
        films=pictures["films"],
        stills=pictures["stills"],
        alarms=report["scenes"]["false_events_per_minute"],
        wording_labels=len(wordings["labels"]),
        wordings=_wording_tasks(wordings["tasks"]),
        wordings_one_by_one=_wording_labels(wordings["labels"]),
    )
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8", newline="\n")


def _wording_tasks(tasks: Mapping[str, Mapping[str, int | float]]) -> str:
    return "\n".join(
        f"| {task.upper()} | {row['labels']} | {row['trained']:.3f} | {row['unseen']:.3f} "
        f"| {row['ratio']:.2f} | {row['at_least_half']} |"
        for task, row in tasks.items()
    )


def _wording_labels(labels: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(
        f"| {row['task'].upper()} | {row['label']} | {row['events']} | {row['trained']:.2f} | "
        + "; ".join(f"{wording} ({value:.2f})" for wording, value in row["unseen"].items())
        + " |"
        for row in labels
    )


def _millions(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.2f} M"
