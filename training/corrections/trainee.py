"""The part of a model that learns from corrections, and the part that stays as it was."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.heads import TextHead
from core_model.uniav.model import UniAV
from training.corrections.events import Depth
from training.corrections.knowledge import Vocabulary
from training.corrections.open_model import OpenModel


@dataclass(frozen=True, slots=True)
class Levels:
    """The backbone's output for a batch of windows: levels (B, t_l, 2 dim) and masks (B, t_l)."""

    levels: list[Tensor]
    masks: list[Tensor]

    @property
    def mask(self) -> Tensor:
        """All points in a row."""
        return torch.cat(self.masks, dim=1)


class Trainee(nn.Module):
    """A copy of a model's head, and a learnable shift of the rows of the labels in question."""

    base: Mapping[Task, Tensor]

    def __init__(
        self, model: OpenModel, vocabularies: Mapping[Task, Vocabulary], depth: Depth
    ) -> None:
        super().__init__()
        self.depth = depth
        self.head: UniAV = copy.deepcopy(model.head).eval()
        self.vocabularies = vocabularies
        self.base = {task: own.rows.to(model.device) for task, own in model.rows.items()}
        self.shifts = nn.ParameterDict(
            {
                str(task): nn.Parameter(
                    torch.zeros(len(v.labels), model.rows[task].rows.shape[1], device=model.device)
                )
                for task, v in vocabularies.items()
            }
        )
        self.head.requires_grad_(False)
        for part in self._learning_parts():
            part.requires_grad_(True)

    @property
    def classifier(self) -> TextHead:
        """The classification head."""
        assert isinstance(self.head.classification, TextHead)
        return self.head.classification

    @property
    def backbone_learns(self) -> bool:
        """Whether the backbone's output changes while this learns."""
        return self.depth is Depth.EXPERTS

    def rows(self, task: Task) -> Float[Tensor, "labels dim"]:
        """The rows of all labels of a task, of unit length."""
        base = self.base[task]
        vocabulary = self.vocabularies.get(task)
        if vocabulary is None:
            return base
        places = torch.tensor(vocabulary.places, device=base.device)
        moved = functional.normalize(base[places] + self.shifts[str(task)], dim=-1)
        return base.index_copy(0, places, moved)

    def levels(self, visual: Tensor, audio: Tensor, mask: Tensor, task: Task) -> Levels:
        """The backbone over a batch of windows."""
        with torch.set_grad_enabled(self.backbone_learns and torch.is_grad_enabled()):
            return Levels(*self.head.backbone(visual, audio, mask, task))

    def logits(self, levels: Levels, task: Task) -> Float[Tensor, "batch points labels"]:
        """Of every label at every point."""
        embeddings = self.classifier.embed(levels.levels, levels.mask)
        return self.classifier.logits(embeddings, self.rows(task))

    def offsets(self, levels: Levels, task: Task) -> Float[Tensor, "batch points 2"]:
        """Distances to onset and offset in strides."""
        return self.head.regression(levels.levels, levels.mask, task)

    def opened(self, model: OpenModel) -> OpenModel:
        """``model`` with what was learned; all labels are known from now on."""
        rows = {
            task: replace(own, rows=self.rows(task).detach(), known=len(own.labels))
            for task, own in model.rows.items()
        }
        return replace(model, head=copy.deepcopy(self.head).requires_grad_(False), rows=rows)

    def _learning_parts(self) -> list[nn.Module]:
        if self.depth is Depth.LABELS:
            return []
        if self.depth is Depth.CLASSIFIER:
            return [self.classifier]
        tasks = [str(task) for task in self.vocabularies]
        experts = [
            module.get_submodule(f"experts.{task}")
            for module in self.head.backbone.modules()
            if hasattr(module, "experts")
            for task in tasks
        ]
        return [self.classifier, self.head.regression, *experts]
