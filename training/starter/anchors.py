"""Labels as points in the text space: what the audio and visual embeddings are drawn to.

A label's anchor is the sentence embedding of its prompt, less the mean over all prompts of that
template (the wording that all share would otherwise put every anchor into one corner).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core_model.encoders.base import TextEncoder

SOUND_TEMPLATE = "A sound event of {label}."
VISUAL_TEMPLATE = "A visual event of {label}."
AUDIO_VISUAL_TEMPLATE = "An audio visual event of {label}."
SOUND_BACKGROUND = "silence and background noise"
VISUAL_BACKGROUND = "an empty scene"


@dataclass(frozen=True)
class Anchors:
    """Every wording of every label, as unit vectors: the plain label's own prompt comes first."""

    labels: tuple[str, ...]
    wordings: tuple[Float[Tensor, "_ dim"], ...]
    template_mean: Float[Tensor, " dim"]

    def plain(self) -> Float[Tensor, "c dim"]:
        """The anchors of the labels as written."""
        return torch.stack([wordings[0] for wordings in self.wordings])

    def drawn(self, generator: torch.Generator) -> Float[Tensor, "c dim"]:
        """One wording of each label by chance, so that all of them come to lie near the clips."""
        return torch.stack(
            [w[int(torch.randint(len(w), (), generator=generator))] for w in self.wordings]
        )

    def only(self, labels: Sequence[str]) -> Anchors:
        """The anchors of some of the labels, in their order."""
        chosen = tuple(self.wordings[self.labels.index(label)] for label in labels)
        return Anchors(tuple(labels), chosen, self.template_mean)


def make_anchors(
    labels: Sequence[str], template: str, encoder: TextEncoder, *, background: str | None = None
) -> Anchors:
    """Anchors of ``labels``; ``background`` adds a last one that stands for no event at all."""
    known: dict[str, list[str]] = json.loads(
        Path(__file__).with_name("wordings.json").read_text(encoding="utf-8")
    )
    named = [*labels, background] if background else list(labels)
    phrases = [[label, *known.get(label, [])] for label in named]
    flat = encoder.embed([template.format(label=phrase) for group in phrases for phrase in group])
    first = [sum(map(len, phrases[:index])) for index in range(len(phrases))]
    mean = flat[first].mean(dim=0)
    centred = functional.normalize(flat - mean, dim=1)
    wordings = tuple(
        centred[start : start + len(group)] for start, group in zip(first, phrases, strict=True)
    )
    return Anchors(tuple(named), wordings, mean)
