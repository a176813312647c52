"""Prompts as rows in the space of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core_model.bundle import Bundle
from core_model.prompt_spec import PromptSpec


@dataclass(frozen=True, slots=True)
class PromptRows:
    """A prompt and its unit rows: what is meant comes first, then each thing that is not."""

    spec: PromptSpec
    rows: Float[Tensor, "meanings dim"]


def prompt_rows(bundle: Bundle, spec: PromptSpec) -> PromptRows:
    """Wordings are averaged and scaled to unit length again. Raises TextEncoderError."""
    names = (*spec.wordings, *spec.negatives)
    rows = bundle.text_embeddings(spec.task, names, spec.template)
    meant, others = rows[: len(spec.wordings)], rows[len(spec.wordings) :]
    if len(meant) > 1:
        meant = functional.normalize(meant.mean(dim=0, keepdim=True), dim=-1)
    return PromptRows(spec, torch.cat([meant, others]))


def will_load_text_model(bundle: Bundle, specs: Sequence[PromptSpec]) -> bool:
    """Whether rows for these prompts need the text model, and it has not been read yet."""
    known = bundle.description.tasks
    return any(
        bundle.will_load_text_model(each.task, (*each.wordings, *each.negatives), each.template)
        for each in specs
        if each.task in known
    )
