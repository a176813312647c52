"""UniAV: one network for visual actions, sounds and audio-visual events.

``forward`` is :meth:`UniAV.point_features` (everything that does not depend on the classes)
followed by the classifier, so new prompts are scored without running the backbone again.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from core_model.timeline import Task
from core_model.uniav.backbone import Backbone
from core_model.uniav.config import Classifier, UniAVConfig
from core_model.uniav.heads import ConvolutionHead, RegressionHead, TextHead


@dataclass(frozen=True, slots=True)
class RawOutput:
    """One entry per pyramid level, finest first; level ``l`` has stride ``2 ** l`` cells.

    ``logits`` are (batch, time_l, classes) and zero where padded; ``offsets`` are distances in
    strides, (batch, time_l, 2) or (batch, time_l, classes, 2); ``masks`` are (batch, time_l).
    """

    logits: list[Float[Tensor, "batch _ classes"]]
    offsets: list[Float[Tensor, "batch _ *classes 2"]]
    masks: list[Bool[Tensor, "batch _"]]


@dataclass(frozen=True, slots=True)
class PointFeatures:
    """What a video gives before any class is named; levels as in :class:`RawOutput`.

    ``embeddings`` are (batch, time_l, dim), of unit length with the text classifier.
    """

    embeddings: list[Float[Tensor, "batch _ dim"]]
    offsets: list[Float[Tensor, "batch _ *classes 2"]]
    masks: list[Bool[Tensor, "batch _"]]


class UniAV(nn.Module):
    """The model of ``config``; text embeddings are not weights and have to be set per task."""

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.classification = (
            TextHead(config) if config.classifier is Classifier.TEXT else ConvolutionHead(config)
        )
        self.regression = RegressionHead(config)
        for task in config.tasks:
            self.register_buffer(_text_name(task), None, persistent=False)

    def set_text_embeddings(self, task: Task, text: Float[Tensor, "classes text_dim"]) -> None:
        """The classes of ``task``, one row each; replaces the former ones.

        Raises ValueError for a wrong width, or for a wrong number of rows where the task's
        offsets belong to classes.
        """
        self._check_task(task)
        self._check_text(text)
        count = self.regression.class_counts[task]
        if count is not None and text.shape[0] != count:
            raise ValueError(f"task {task} has {count} classes, not {text.shape[0]}")
        scale = self.regression.level_scales
        setattr(self, _text_name(task), text.detach().to(scale.device, scale.dtype))

    def text_embeddings(self, task: Task) -> Float[Tensor, "classes text_dim"] | None:
        """What :meth:`set_text_embeddings` was given, or None."""
        self._check_task(task)
        return getattr(self, _text_name(task))

    def point_features(
        self,
        visual: Float[Tensor, "batch time visual_dim"],
        audio: Float[Tensor, "batch time audio_dim"],
        mask: Bool[Tensor, "batch time"],
        task: Task,
    ) -> PointFeatures:
        """Backbone, classifier trunk and offsets. The first cell of every item must be valid."""
        self._check_task(task)
        levels, masks = self.backbone(visual, audio, mask, task)
        lengths = [level.shape[1] for level in levels]
        points_mask = torch.cat(masks, dim=1)
        embeddings = self.classification.embed(levels, points_mask)
        offsets = self.regression(levels, points_mask, task)
        return PointFeatures(
            list(embeddings.split(lengths, dim=1)), list(offsets.split(lengths, dim=1)), masks
        )

    def score(
        self, features: PointFeatures, text: Float[Tensor, "classes text_dim"]
    ) -> list[Float[Tensor, "batch _ classes"]]:
        """Logits per level for any prompts. Raises ValueError without a text classifier."""
        if not isinstance(self.classification, TextHead):
            raise ValueError("this model has a convolution per class and cannot score prompts")
        self._check_text(text)
        logits = self.classification.logits(torch.cat(features.embeddings, dim=1), text)
        return self._per_level(logits, features)

    def forward(
        self,
        visual: Float[Tensor, "batch time visual_dim"],
        audio: Float[Tensor, "batch time audio_dim"],
        mask: Bool[Tensor, "batch time"],
        task: Task,
    ) -> RawOutput:
        """Encoder features (float) of a batch of one task, ``mask`` True on valid cells."""
        features = self.point_features(visual, audio, mask, task)
        if isinstance(self.classification, ConvolutionHead):
            points_mask = torch.cat(features.masks, dim=1)
            raw = self.classification.logits(features.embeddings, points_mask, task)
            logits = self._per_level(raw, features)
        else:
            text = self.text_embeddings(task)
            if text is None:
                raise ValueError(f"no text embeddings were set for task {task}")
            logits = self.score(features, text)
        return RawOutput(logits, features.offsets, features.masks)

    def _per_level(
        self, logits: Float[Tensor, "batch points classes"], features: PointFeatures
    ) -> list[Float[Tensor, "batch _ classes"]]:
        masked = logits * torch.cat(features.masks, dim=1).unsqueeze(-1)
        return list(masked.split([mask.shape[1] for mask in features.masks], dim=1))

    def _check_task(self, task: Task) -> None:
        if task not in self.config.tasks:
            known = ", ".join(self.config.tasks)
            raise ValueError(f"this model has no task {task}; it has: {known}")

    def _check_text(self, text: Tensor) -> None:
        if text.ndim != 2 or text.shape[1] != self.config.text_dim:
            expected = f"(classes, {self.config.text_dim})"
            raise ValueError(f"text embeddings must be {expected}, not {tuple(text.shape)}")


def _text_name(task: Task) -> str:
    return f"text_{task}"
