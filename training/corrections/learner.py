"""The training loop on embeddings in memory: from an open model and corrections to a better one.

For experiments without any media file::

    model = OpenModel.of(Bundle(folder))
    learner = Learner.begin(model, data, encoded, seed=0)   # encoded: name -> EncodedVideo
    for event in learner.events():                          # TrainingStep and Evaluated
        ...
    better = learner.result                                 # an OpenModel
    table = compare(learner.before, better, stretches)      # training.corrections.measure

``data`` is a :class:`TrainingData` whose videos have the names of ``encoded`` and any text as
path. Mark a video ``is_done`` where all events of the project's labels are in it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core_model.bundle_description import Similarity
from core_model.similarity import compared_stream
from core_model.timeline import Task
from training.corrections.data import TrainingData
from training.corrections.encoded import EncodedStretch, EncodedVideo, encoded_split
from training.corrections.events import Depth, Evaluated, TrainingStep
from training.corrections.knowledge import Vocabulary, vocabularies
from training.corrections.lesson import Outputs, correction_loss, memory_loss, snippet_loss
from training.corrections.measure import mean_ap
from training.corrections.open_model import OpenModel
from training.corrections.plan import Prepared, prepare
from training.corrections.prototypes import with_prototypes
from training.corrections.trainee import Levels, Trainee
from training.corrections.windows import Window, WindowBatch, WindowSource
from training.errors import TrainingError
from training.losses import LossNormaliser
from training.recipe.schedule import StopAndGo, WarmUpCosine


@dataclass(frozen=True, slots=True)
class LearnerSettings:
    """Steps and rates. A step is one optimiser step for every task that takes part in it.

    ``memory`` weighs the old model's say, ``likeness`` that of snippets, ``calm`` the size of the
    shifts of rows. ``absent_elsewhere`` is how surely a new label is absent where nobody looked.
    """

    steps: int
    learning_rate: float
    row_learning_rate: float
    batch: int = 8
    memory: float = 3.0
    likeness: float = 0.3
    calm: float = 0.1
    absent_elsewhere: float = 0.2
    clip_norm: float = 1.0
    average: float = 0.97
    warm_up: int = 10
    evaluations: int = 4


SETTINGS: Mapping[Depth, LearnerSettings] = {
    Depth.LABELS: LearnerSettings(steps=60, learning_rate=0.0, row_learning_rate=5e-4),
    Depth.CLASSIFIER: LearnerSettings(steps=200, learning_rate=1e-4, row_learning_rate=1e-3),
    Depth.EXPERTS: LearnerSettings(steps=400, learning_rate=1e-4, row_learning_rate=1e-3),
}
# How far rows of new labels may lie from their wordings towards their examples at the start.
START_SHARES = (0.0, 0.3, 0.6, 0.9)
START_BATCHES = 4
_KEPT_LEVELS_BYTES = 500_000_000
_REPORT_EVERY_S = 0.5


@dataclass
class Learner:
    """One training. ``before`` is the old model, asked for new labels by their wordings."""

    before: OpenModel
    prepared: Prepared
    train: Sequence[EncodedStretch]
    held_out: Sequence[EncodedStretch]
    settings: LearnerSettings
    seed: int
    control: dict[Task, StopAndGo] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        model: OpenModel,
        data: TrainingData,
        encoded: Mapping[str, EncodedVideo],
        *,
        seed: int,
        depth: Depth | None = None,
        settings: LearnerSettings | None = None,
        prepared: Prepared | None = None,
    ) -> Learner:
        """Sort the corrections out and start from ``model``.

        Raises TrainingError where there is nothing to learn from, and TextEncoderError.
        """
        prepared = prepared or prepare(data, model.description, seed, depth)
        train, held_out = encoded_split(prepared.split, encoded)
        wordings = {
            (kind, label): data.prompt_of(kind, label)
            for kind, label in prepared.labels
            if label not in model.description.tasks[kind].labels
        }
        chosen = settings or SETTINGS[prepared.plan.depth]
        return cls(model.with_prompts(wordings), prepared, train, held_out, chosen, seed)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        own = {task: (each.labels, each.known) for task, each in self.before.rows.items()}
        self._vocabularies = vocabularies(self.prepared.labels, own)
        self._teacher = self.before.head
        head = self.before.head
        self._source = WindowSource(
            self.train,
            self._vocabularies,
            self.before.description.window,
            head.config.level_count,
            self.settings.absent_elsewhere,
            self.seed,
        )
        # Scores of labels without corrections can change only where the classifier does.
        everywhere = self.prepared.plan.depth is not Depth.LABELS
        self._tasks = [
            task for task in self.before.rows if everywhere or task in self._vocabularies
        ]
        self.control = {task: StopAndGo() for task in self._tasks}
        self._normaliser = LossNormaliser(dict.fromkeys(Task, 40.0))
        self._kept_levels: dict[tuple[Task, Window], list[Tensor]] = {}
        self._kept_bytes = 0
        self._start = self._best_start()
        self._trainee = Trainee(self._start, self._vocabularies, self.prepared.plan.depth)
        self._averaged = Trainee(self._start, self._vocabularies, self.prepared.plan.depth)
        self._optimizer = torch.optim.AdamW(self._groups(), weight_decay=0.0)
        pairs = zip(self._averaged.parameters(), self._trainee.parameters(), strict=True)
        self._averages = [(mean.data, each) for mean, each in pairs if each.requires_grad]

    @property
    def result(self) -> OpenModel:
        """What has been learned so far: weights averaged over steps."""
        return self._averaged.opened(self._start)

    @property
    def vocabulary(self) -> Mapping[Task, Vocabulary]:
        """The labels in question per task."""
        return self._vocabularies

    def events(self) -> Generator[TrainingStep | Evaluated]:
        """Train to the end. Raises TrainingError on a loss that is not a number."""
        settings = self.settings
        if self.held_out:
            yield self._evaluated(0, self.before)
        schedule = WarmUpCosine(1.0, settings.warm_up, settings.steps, 0.02)
        pause = max(1, settings.steps // settings.evaluations)
        began_s = told_s = time.monotonic()
        losses: dict[Task, list[float]] = {}
        for step in range(settings.steps):
            rate = schedule.rate(step + 1)
            for group in self._optimizer.param_groups:
                group["lr"] = group["base"] * rate
            for task in self._tasks:
                if self._takes_part(task, step):
                    losses.setdefault(task, []).append(self._step(step, task))
            done, now_s = step + 1, time.monotonic()
            if now_s - told_s >= _REPORT_EVERY_S or done == settings.steps:
                told_s = now_s
                left_s = (now_s - began_s) / done * (settings.steps - done)
                means = {task: sum(each) / len(each) for task, each in losses.items()}
                yield TrainingStep(
                    done,
                    settings.steps,
                    left_s,
                    means,
                    rate * max(settings.learning_rate, settings.row_learning_rate),
                )
                losses = {}
            if self.held_out and (done % pause == 0 or done == settings.steps):
                yield self._evaluated(done, self.result)

    @torch.no_grad()
    def _best_start(self) -> OpenModel:
        """Rows of new labels as far from their wordings to their examples as explains the
        corrections best, before anything is learned."""
        shares: dict[Task, float] = {}
        for task, vocabulary in self._vocabularies.items():
            if not any(vocabulary.is_new):
                continue
            batches = [self._source.draw(task, self.settings.batch) for _ in range(START_BATCHES)]
            losses = {}
            for share in START_SHARES:
                model = with_prototypes(self.before, self.train, {task: share})
                self._trainee = Trainee(model, self._vocabularies, Depth.LABELS)
                told = [self._told(batch, self._outputs(batch)) for batch in batches]
                losses[share] = float(torch.stack(told).sum())
            shares[task] = min(losses, key=lambda share: losses[share])
        return with_prototypes(self.before, self.train, shares)

    def _takes_part(self, task: Task, step: int) -> bool:
        """Tasks without corrections only keep what they knew, in every fourth step."""
        if task not in self._vocabularies:
            return step % StopAndGo.GAP == 0
        return self.control[task].trains_in(step)

    # --- one step -------------------------------------------------------------------------------

    def _step(self, step: int, task: Task) -> float:
        batch = self._source.draw(task, self.settings.batch)
        self._optimizer.zero_grad(set_to_none=True)
        outputs = self._outputs(batch)
        sound = bool(torch.isfinite(outputs.logits).all())
        loss = self._loss(batch, outputs) if sound else outputs.logits.sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"{task}: the loss of step {step + 1} is {value}; videos:"
                f" {self._source.names(batch)}"
            )
        loss.backward()
        nn.utils.clip_grad_norm_([each for _, each in self._averages], self.settings.clip_norm)
        self._optimizer.step()
        for mean, learned in self._averages:
            mean.lerp_(learned.detach(), 1 - self.settings.average)
        return value

    def _loss(self, batch: WindowBatch, outputs: Outputs) -> Tensor:
        settings, task = self.settings, batch.task
        vocabulary, known = self._vocabularies.get(task), batch.knowledge
        loss = settings.memory * memory_loss(
            outputs, known, vocabulary, with_offsets=self._trainee.backbone_learns
        )
        if vocabulary is None:
            return loss
        shift = self._trainee.shifts[str(task)]
        calm = settings.calm * shift.square().sum(dim=-1).mean()
        return loss + self._told(batch, outputs) + calm

    def _told(self, batch: WindowBatch, outputs: Outputs) -> Tensor:
        """The loss on what the corrections say."""
        vocabulary, known = self._vocabularies[batch.task], batch.knowledge
        assert known is not None
        positives = int(((known.present * known.weight).amax(-1) * outputs.mask).sum())
        divisor = self._normaliser.update(batch.task, positives)
        loss = (
            correction_loss(outputs, known, vocabulary, with_offsets=self._trainee.backbone_learns)
            / divisor
        )
        similarity = self.before.description.tasks[batch.task].similarity
        if similarity.weight > 0:
            loss = loss + self.settings.likeness * self._likeness(batch, vocabulary, similarity)
        return loss

    def _likeness(
        self, batch: WindowBatch, vocabulary: Vocabulary, similarity: Similarity
    ) -> Tensor:
        assert batch.knowledge is not None
        return snippet_loss(
            compared_stream(batch.task, batch.visual, batch.audio),
            self._trainee.rows(batch.task),
            self.before.rows[batch.task].others,
            batch.knowledge,
            vocabulary,
            similarity,
            batch.mask,
        )

    def _outputs(self, batch: WindowBatch) -> Outputs:
        task, trainee = batch.task, self._trainee
        old = self.before.rows[task]
        if trainee.backbone_learns:
            levels = trainee.levels(batch.visual, batch.audio, batch.mask, task)
            with torch.no_grad():
                raw = self._teacher.backbone(batch.visual, batch.audio, batch.mask, task)
            old_levels = Levels(*raw)
        else:
            levels = old_levels = self._frozen_levels(batch)
        with torch.no_grad():
            teacher = self.before.classifier
            embeddings = teacher.embed(old_levels.levels, old_levels.mask)
            old_logits = teacher.logits(embeddings, old.rows[: old.known])
            old_offsets = self._teacher.regression(old_levels.levels, old_levels.mask, task)
        offsets = trainee.offsets(levels, task) if trainee.backbone_learns else old_offsets
        return Outputs(trainee.logits(levels, task), offsets, old_logits, old_offsets, levels.mask)

    def _frozen_levels(self, batch: WindowBatch) -> Levels:
        """What the frozen backbone makes of the windows, remembered as far as there is room."""
        missing = [
            number
            for number, window in enumerate(batch.windows)
            if (batch.task, window) not in self._kept_levels
        ]
        made: dict[int, list[Tensor]] = {}
        if missing:
            fresh = self._trainee.levels(
                batch.visual[missing], batch.audio[missing], batch.mask[missing], batch.task
            )
            for row, number in enumerate(missing):
                made[number] = [level[row].clone() for level in fresh.levels]
                size = sum(level.numel() * level.element_size() for level in made[number])
                if self._kept_bytes + size <= _KEPT_LEVELS_BYTES:
                    self._kept_levels[batch.task, batch.windows[number]] = made[number]
                    self._kept_bytes += size
        items = [
            made[number] if number in made else self._kept_levels[batch.task, window]
            for number, window in enumerate(batch.windows)
        ]
        levels = [torch.stack(each) for each in zip(*items, strict=True)]
        masks = [batch.mask[:, :: 2**level] for level in range(len(levels))]
        return Levels(levels, masks)

    def _groups(self) -> list[dict]:
        weights = [p for p in self._trainee.head.parameters() if p.requires_grad]
        shifts = list(self._trainee.shifts.values())
        groups = [{"params": shifts, "base": self.settings.row_learning_rate, "lr": 0.0}]
        if weights:
            groups.append({"params": weights, "base": self.settings.learning_rate, "lr": 0.0})
        return groups

    # --- judging --------------------------------------------------------------------------------

    def _evaluated(self, step: int, model: OpenModel) -> Evaluated:
        found = {
            task: value
            for task, vocabulary in self._vocabularies.items()
            if (value := mean_ap(model, self.held_out, task, vocabulary.labels)) is not None
        }
        if step:
            for task, metric in found.items():
                self.control[task].step(metric)
        stopped = {task: self.control[task].stopped for task in found}
        return Evaluated(step, self.settings.steps, found, stopped)
