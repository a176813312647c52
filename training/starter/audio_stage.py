"""Stage 'audio': sound embeddings that lie near the text of what is heard."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from core_model.encoders.base import SAMPLES_PER_STRIDE, SAMPLES_PER_WINDOW, TextEncoder
from core_model.encoders.starter.audio import AudioNetwork, LogMel
from core_model.encoders.starter.blocks import channels_last
from training.starter.anchors import SOUND_BACKGROUND, SOUND_TEMPLATE, Anchors, make_anchors
from training.starter.corpus import Clip
from training.starter.sound_mixing import SoundBank, SoundScenes, colour_and_mask
from training.starter.stage import StageOptions, in_background, run_stage

BATCH = 64
LABEL_SMOOTHING = 0.05


class AnchoredAudio(nn.Module):
    """The audio network and the sharpness of its comparison with the anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.network = channels_last(AudioNetwork())
        self.log_scale = nn.Parameter(torch.tensor(math.log(16.0)))

    def logits(self, mel: Tensor, anchors: Float[Tensor, "c dim"]) -> Float[Tensor, "b n c"]:
        embedding = functional.normalize(self.network(mel).float(), dim=-1)
        return self.log_scale.exp().clamp(max=60.0) * embedding @ anchors.T


def sound_labels(clips: tuple[Clip, ...]) -> tuple[str, ...]:
    """The labels in alphabetical order."""
    return tuple(sorted({clip.label for clip in clips}))


def train_audio(
    clips: tuple[Clip, ...],
    cache: Path,
    folder: Path,
    text: TextEncoder,
    options: StageOptions,
    device: torch.device | None = None,
    initial: Mapping[str, Tensor] | None = None,
    *,
    without: Collection[str] = (),
    batch: int = BATCH,
) -> AudioNetwork:
    """Train, save ``folder/audio.pt`` and return the network with averaged weights.

    Clips of labels in ``without`` are never heard, nor are these labels compared with.
    """
    torch.manual_seed(options.seed)
    labels = tuple(label for label in sound_labels(clips) if label not in without)
    anchors = make_anchors(labels, SOUND_TEMPLATE, text, background=SOUND_BACKGROUND)
    bank = SoundBank.open(cache, clips)
    scenes = SoundScenes(bank, labels, options.seed)
    frontend = LogMel().to(device or torch.device("cpu"))
    generator = torch.Generator().manual_seed(options.seed)

    def loss_of(model: nn.Module, batch: tuple[Tensor, Tensor], progress: float) -> Tensor:
        assert isinstance(model, AnchoredAudio)
        waves, targets = batch
        with torch.no_grad(), torch.autocast(frontend.filters.device.type, enabled=False):
            mel = colour_and_mask(frontend(waves.to(frontend.filters.device)), generator)
        logits = model.logits(mel, anchors.drawn(generator).to(mel.device))
        targets = targets.to(mel.device)
        smooth = targets * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / targets.shape[-1]
        return -(smooth * logits.log_softmax(-1)).sum(-1).mean()

    def evaluate(model: nn.Module) -> str:
        assert isinstance(model, AnchoredAudio)
        return "; ".join(
            f"{split} {accuracy:.3f}"
            for split, accuracy in clip_accuracy(model, bank, anchors).items()
        )

    trained = run_stage(
        "audio",
        AnchoredAudio(),
        in_background(lambda: scenes.batch(batch)),
        loss_of,
        options,
        folder,
        evaluate=evaluate,
        device=device,
        initial=initial,
    )
    assert isinstance(trained, AnchoredAudio)
    return trained.network


def clip_figures(
    folder: Path, clips: tuple[Clip, ...], cache: Path, text: TextEncoder
) -> dict[str, float]:
    """Clip accuracy of the saved audio stage."""
    model = AnchoredAudio()
    model.load_state_dict(torch.load(folder / "audio.pt", weights_only=True)["averaged"])
    anchors = make_anchors(sound_labels(clips), SOUND_TEMPLATE, text, background=SOUND_BACKGROUND)
    accuracy = clip_accuracy(model.eval(), SoundBank.open(cache, clips), anchors)
    return {key: round(accuracy.get(key, 0.0), 4) for key in ("test", "esc", "test_same_source")}


@torch.inference_mode()
def clip_accuracy(model: AnchoredAudio, bank: SoundBank, anchors: Anchors) -> dict[str, float]:
    """Share of held-back clips named right, by split; "esc": the ESC-50 clips of other groups."""
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    frontend = LogMel().to(model.log_scale.device)
    for index, clip in enumerate(bank.clips):
        if clip.split == "train" or clip.label not in anchors.labels:
            continue
        wave = torch.from_numpy(whole_snippets(bank.waveform(index))).to(model.log_scale.device)
        probability = clip_probability(
            model.logits(frontend(wave[None]), anchors.plain().to(wave.device))[0]
        )
        named = anchors.labels[int(probability.argmax())]
        keys = [clip.split]
        if clip.split == "test" and clip.file.startswith("esc"):
            keys.append("esc")
        for key in keys:
            count[key] += 1
            right[key] += named == clip.label
    return {key: right[key] / count[key] for key in sorted(count)}


def clip_probability(logits: Float[Tensor, "n c"]) -> Float[Tensor, " labels"]:
    """Snippet logits (background last) -> one distribution over the labels for the clip.

    Each snippet has a say in so far as it holds an event at all.
    """
    probability = logits.float().softmax(-1)
    presence = 1 - probability[:, -1:] + 1e-3
    return (logits[:, :-1].float().softmax(-1) * presence).sum(0)


def whole_snippets(wave: np.ndarray) -> np.ndarray:
    """The waveform padded with silence to at least one snippet and a whole stride."""
    length = max(SAMPLES_PER_WINDOW, math.ceil(len(wave) / SAMPLES_PER_STRIDE) * SAMPLES_PER_STRIDE)
    return np.pad(wave, (0, length - len(wave)))
