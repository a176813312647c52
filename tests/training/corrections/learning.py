"""Small corrections of real (small) media and of embeddings made up, for the tiny bundle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from core_model import bundle as bundle_module
from core_model.bundle import Bundle
from core_model.cache import content_hash
from core_model.detection.run import Features
from core_model.timeline import SnippetGrid, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import AUDIO_DIM, TEXT_DIM, VISUAL_DIM
from tests.training.corrections.made_up import S, corrections, segment, video
from training.corrections.data import Decision, TrainingData
from training.corrections.encoded import EncodedVideo
from training.corrections.events import Depth
from training.corrections.learner import SETTINGS, LearnerSettings
from training.corrections.open_model import OpenModel

CLIP_S = 12
SNIPPETS = 77
NEW = "kettle"
KNOWN = "siren"


class SpokenNumbers:
    """A text encoder that is there at once: random rows, the same for the same wording."""

    dim = TEXT_DIM

    def embed(self, prompts: Sequence[str]) -> Tensor:
        rows = []
        for prompt in prompts:
            seed = int.from_bytes(prompt.encode("utf-8")[-7:], "little")
            rows.append(torch.randn(self.dim, generator=torch.Generator().manual_seed(seed)))
        return torch.nn.functional.normalize(torch.stack(rows), dim=-1)


@pytest.fixture
def light_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wordings are embedded without the text model."""
    monkeypatch.setitem(bundle_module.TEXT_ENCODERS, "minilm", SpokenNumbers)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Networks this small only wait for each other's threads on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def quick(depth: Depth, steps: int = 8) -> LearnerSettings:
    """The settings of a depth with hardly any steps."""
    return replace(SETTINGS[depth], steps=steps, batch=3, warm_up=2, evaluations=2)


def clip(folder: Path, name: str, *, sound: bool = True) -> Path:
    """A clip of some seconds with a beep on each second."""
    picture = Video(ticks=regular_ticks(CLIP_S * 5), time_base=Fraction(1, 5))
    heard = Audio(pieces=((0.0, float(CLIP_S)),), rate_hz=16_000) if sound else None
    return write_media(folder / name, picture, heard)


def project_of(folder: Path, clips: int = 3, *, is_done: bool = True) -> TrainingData:
    """A project of clips with two new and one known sound in each, and a rejected one."""
    videos = []
    for number in range(clips):
        path = clip(folder, f"clip {number}.mp4")
        marked = (
            segment(NEW, 1, 3),
            segment(NEW, 8, 9.5, Decision.EDITED),
            segment(KNOWN, 4, 6, Decision.ACCEPTED),
            segment(KNOWN, 10, 11, Decision.REJECTED),
        )
        made = video(path.name, *marked, is_done=is_done, path=str(path), duration_s=CLIP_S)
        videos.append(replace(made, content_hash=content_hash(path)))
    return corrections(*videos)


def open_tiny(folder: Path) -> OpenModel:
    """The tiny bundle, opened for learning."""
    return OpenModel.of(Bundle(folder))


def heard_scenes(
    count: int, seed: int = 0, *, is_done: bool = True, label: str = NEW, events: int = 2
) -> tuple[TrainingData, dict[str, EncodedVideo]]:
    """Made-up embeddings of 20 s each, in which events of one label sound alike."""
    sound = np.random.default_rng(99).normal(size=AUDIO_DIM) * 4
    draw = np.random.default_rng(seed)
    videos, encoded = [], {}
    for number in range(count):
        name = f"scene {seed} {number}"
        visual = draw.normal(size=(SNIPPETS, VISUAL_DIM)).astype(np.float16)
        audio = draw.normal(size=(SNIPPETS, AUDIO_DIM)).astype(np.float16)
        marked = []
        for place in range(events):
            onset_s = (place + draw.uniform(0.1, 0.3)) * 18 / events
            offset_s = onset_s + draw.uniform(0.2, 0.5) * 18 / events
            audio[round(onset_s * 4 - 2) : round(offset_s * 4 - 2)] += sound.astype(np.float16)
            marked.append(segment(label, onset_s, offset_s))
        videos.append(video(name, *marked, is_done=is_done, duration_s=20))
        encoded[name] = EncodedVideo(
            name, Features(visual, audio), SnippetGrid(0), SNIPPETS, 20 * S, tuple(Task)
        )
    return corrections(*videos), encoded
