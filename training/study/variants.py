"""The rows of the study: which model is trained how, and what the paper says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core_model.timeline import Task
from core_model.uniav.config import Classifier, ExpertPlacement, TaskConfig, UniAVConfig
from training.recipe.settings import Streams
from training.starter.compose import SCENE_SNIPPETS

# The bundled text encoder's.
TEXT_DIM = 384


@dataclass(frozen=True, slots=True)
class Variant:
    """One row. A ``single`` one is a model of its own for every task; ``start`` names the row
    from whose weights it goes on. ``paper_parameters`` are those of the published full size.
    """

    name: str
    experts: ExpertPlacement = ExpertPlacement.BOTH
    classifier: Classifier = Classifier.TEXT
    single: bool = False
    start: str = ""
    streams: Streams = Streams.BOTH
    prompts: bool = True
    paper_parameters: str = ""

    def task_sets(self, tasks: Sequence[Task]) -> list[tuple[Task, ...]]:
        """The tasks of each model that has to be trained."""
        return [(task,) for task in tasks] if self.single else [tuple(tasks)]


_NONE, _CONV = ExpertPlacement.NONE, Classifier.CONVOLUTION
VARIANTS: tuple[Variant, ...] = (
    Variant("ST", _NONE, _CONV, single=True, paper_parameters="3 x 62M"),
    Variant("Base", _NONE, _CONV, paper_parameters="62M"),
    Variant("AT", paper_parameters="130M"),
    Variant("AT fine-tuned", _NONE, _CONV, single=True, start="AT", paper_parameters="3 x 62M"),
    Variant("experts in L1", ExpertPlacement.UNI_MODAL, paper_parameters="80M"),
    Variant("experts in L2", ExpertPlacement.CROSS_MODAL, paper_parameters="114M"),
    Variant("no experts", _NONE, paper_parameters="64M"),
    Variant("no language head", classifier=_CONV, paper_parameters="133M"),
    Variant("label without prompt", prompts=False),
    Variant("picture alone", streams=Streams.VISUAL),
    Variant("sound alone", streams=Streams.AUDIO),
)
# What the paper reports for every task, from worst to best.
PAPER_ORDER = ("ST", "Base", "AT", "AT fine-tuned")


def model_config(
    variant: Variant,
    tasks: Sequence[Task],
    labels: Mapping[Task, Sequence[str]],
    dim: int,
    features: tuple[int, int],
) -> UniAVConfig:
    """A model of the published shape for ``features`` (visual dim, audio dim) of scenes: only
    its width, its input and the start of its layer scales differ. Offsets belong to classes in
    AVEL and SED, as published."""
    return UniAVConfig(
        {
            task: TaskConfig(SCENE_SNIPPETS, len(labels[task]), class_aware=task is not Task.TAL)
            for task in tasks
        },
        dim=dim,
        visual_dim=features[0],
        audio_dim=features[1],
        text_dim=TEXT_DIM,
        experts=variant.experts,
        classifier=variant.classifier,
        layer_scale=0.1,
    )
