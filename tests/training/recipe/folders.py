"""Feature folders small enough for a test: events shine through the features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.core_model.uniav.small import AUDIO_DIM, TEXT_DIM, VISUAL_DIM

LABELS = ("clap", "jump", "talk")
MODEL: dict[str, Any] = {
    "tasks": {"tal": {"max_length": 16}, "sed": {"max_length": 16}},
    "dim": 8,
    "heads": 2,
    "visual_dim": VISUAL_DIM,
    "audio_dim": AUDIO_DIM,
    "text_dim": TEXT_DIM,
    "self_stages": 1,
    "down_stages": 2,
    "drop_path": 0.0,
    "layer_scale": 0.5,
}


def write_folder(root: Path, name: str, videos: int = 12, seed: int = 0) -> dict[str, Any]:
    """Features, annotations and text of one task; returns its entry for a run's JSON file."""
    random = np.random.default_rng(seed)
    folder = root / name
    folder.mkdir(parents=True)
    database = {}
    for index in range(videos):
        count = int(random.integers(12, 30))
        visual = random.normal(0, 0.1, (count, VISUAL_DIM)).astype(np.float32)
        audio = random.normal(0, 0.1, (count, AUDIO_DIM)).astype(np.float16)
        label = int(random.integers(len(LABELS)))
        onset = int(random.integers(0, count - 8))
        visual[onset : onset + 6, label] += 2.0
        audio[onset : onset + 6, label] += 2.0
        np.save(folder / f"video{index}_one_peace_video_finetune.npy", visual)
        np.save(folder / f"video{index}_one_peace_audio.npy", audio)
        segment = [(onset + 2) / 4, (onset + 8) / 4]
        event = {"segment": segment, "label": LABELS[label], "label_id": label}
        database[f"video{index}"] = {
            "subset": "Train" if index < videos - 4 else "Validation",
            "duration": (count + 3) / 4,
            "annotations": [event],
        }
    annotations = root / f"{name}.json"
    annotations.write_text(json.dumps({"database": database}), encoding="utf-8")
    np.save(root / f"{name}_text.npy", random.normal(0, 1, (3, TEXT_DIM)).astype(np.float32))
    return {
        "features": name,
        "annotations": annotations.name,
        "text": f"{name}_text.npy",
        "train": ["train"],
        "validation": ["validation"],
    }


def write_run(root: Path, **recipe: Any) -> Path:
    """A whole run of two tasks."""
    settings = {"epochs": 2, "warm_up_epochs": 1, "batch": 4, "learning_rate": 3e-3, "average": 0.5}
    raw = {
        "model": MODEL,
        "recipe": {**settings, **recipe},
        "data": {
            "tal": write_folder(root, "actions", seed=1),
            "sed": write_folder(root, "sounds", seed=2),
        },
    }
    path = root / "run.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path
