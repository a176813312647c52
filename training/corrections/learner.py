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
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from core_model.bundle_description import Similarity
from core_model.similarity import compared_stream
from core_model.timeline import Task
from training.corrections.data import TrainingData
from training.corrections.encoded import EncodedStretch, EncodedVideo, encoded_split
from training.corrections.events import Depth, Evaluated, Remark, TrainingStep, event_line
from training.corrections.frozen_levels import FrozenLevels
from training.corrections.knowledge import Vocabulary, vocabularies
from training.corrections.learner_settings import SETTINGS, LearnerSettings
from training.corrections.learner_state import LearnerState, StateFile, StepClock, told_event
from training.corrections.lesson import Outputs, correction_loss, memory_loss, snippet_loss
from training.corrections.measure import mean_ap
from training.corrections.open_model import OpenModel
from training.corrections.plan import Prepared, prepare
from training.corrections.prototypes import prototypes, with_prototypes
from training.corrections.shares import chosen_shares
from training.corrections.trainee import Levels, Trainee
from training.corrections.unfinished import Control, DrawState, Progress
from training.corrections.weights import Weights
from training.corrections.windows import WindowBatch, WindowSource
from training.errors import TrainingError
from training.losses import LossNormaliser
from training.recipe.schedule import StopAndGo, WarmUpCosine


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
        self._frozen = FrozenLevels(head)
        self._done, self._spent_s = 0, 0.0
        self._history: list[TrainingStep | Evaluated] = []
        self._start = self._best_start()
        self._weights = Weights(
            Trainee(self._start, self._vocabularies, self.prepared.plan.depth),
            Trainee(self._start, self._vocabularies, self.prepared.plan.depth),
            self.settings,
        )
        self._trainee = self._weights.trainee

    @property
    def result(self) -> OpenModel:
        """What has been learned so far: weights averaged over steps."""
        return self._weights.averaged.opened(self._start)

    @property
    def vocabulary(self) -> Mapping[Task, Vocabulary]:
        """The labels in question per task."""
        return self._vocabularies

    def events(
        self, state_file: StateFile | None = None
    ) -> Generator[TrainingStep | Evaluated | Remark]:
        """Train to the end, keeping the state now and then. What was told before the training was
        cut off is told again. Raises TrainingError on a loss that is not a number.
        """
        settings = self.settings
        yield from self._history
        if self.held_out and not self._history:
            yield self._tell(self._evaluated(0, self.before))
        schedule = WarmUpCosine(1.0, settings.warm_up, settings.steps, 0.02)
        pause = max(1, settings.steps // settings.evaluations)
        clock = StepClock(self._done, self._spent_s)
        losses: dict[Task, list[float]] = {}
        for step in range(self._done, settings.steps):
            rate = schedule.rate(step + 1)
            self._weights.set_rate(rate)
            for task in self._tasks:
                if self._takes_part(task, step):
                    losses.setdefault(task, []).append(self._step(step, task))
            done = step + 1
            if clock.is_due or done == settings.steps:
                means = {task: sum(each) / len(each) for task, each in losses.items()}
                left_s = clock.tell(done, settings.steps)
                most = rate * max(settings.learning_rate, settings.row_learning_rate)
                yield self._tell(TrainingStep(done, settings.steps, left_s, means, most))
                losses = {}
            if self.held_out and (done % pause == 0 or done == settings.steps):
                yield self._tell(self._evaluated(done, self.result))
            self._done, self._spent_s = done, clock.spent_s
            if state_file is not None and state_file.is_due:
                try:
                    state_file.keep(self.state(state_file.fingerprint))
                except TrainingError as error:
                    state_file = None
                    yield Remark(f"{error}; a training that is cut off now starts anew")

    @property
    def spent_s(self) -> float:
        """How long it has trained, before it was cut off included."""
        return self._spent_s

    def state(self, fingerprint: str) -> LearnerState:
        """Everything that goes on later, for :meth:`go_on`; of a training with this fingerprint."""
        progress = Progress(
            fingerprint,
            repr(self.settings),
            self._done,
            self.settings.steps,
            self._spent_s,
            dict(self._normaliser.values),
            {task: Control.of(each) for task, each in self.control.items()},
            DrawState.of(self._source.random),
            tuple(map(event_line, self._history)),
        )
        return LearnerState(progress, self._weights.tensors())

    def go_on(self, state: LearnerState) -> None:
        """Be where :meth:`state` was taken, as if nothing had happened in between.

        Raises TrainingError where the state does not fit; the learner is of no use then.
        """
        progress = state.progress
        try:
            if progress.settings != repr(self.settings):
                raise ValueError("it has other settings")
            if not 0 <= progress.step <= self.settings.steps:
                raise ValueError(f"step {progress.step} of {self.settings.steps}")
            self.control = {task: progress.control[task].restored() for task in self._tasks}
            self._normaliser.values = dict(progress.normaliser)
            self._history = list(map(told_event, progress.told))
            self._weights.restore(state.tensors)
            progress.draw.restore(self._source.random)
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            reason = " ".join(str(error).split())[:300]
            raise TrainingError(f"training cannot go on from its state ({reason})") from error
        self._done, self._spent_s = progress.step, progress.spent_s

    def _tell(self, event: TrainingStep | Evaluated) -> TrainingStep | Evaluated:
        self._history.append(event)
        return event

    @torch.no_grad()
    def _best_start(self) -> OpenModel:
        """Rows of new labels as far from their wordings to their examples as finds most, before
        anything is learned."""
        model = self.before
        for task, vocabulary in self._vocabularies.items():
            if any(vocabulary.is_new):
                found = prototypes(model, self.train, task)
                shares = chosen_shares(model, self.train, task)
                model = with_prototypes(model, task, found, shares)
        return model

    def _takes_part(self, task: Task, step: int) -> bool:
        """Tasks without corrections only keep what they knew, in every fourth step."""
        if task not in self._vocabularies:
            return step % StopAndGo.GAP == 0
        return self.control[task].trains_in(step)

    # --- one step -------------------------------------------------------------------------------

    def _step(self, step: int, task: Task) -> float:
        batch = self._source.draw(task, self.settings.batch)
        outputs = self._outputs(batch)
        sound = bool(torch.isfinite(outputs.logits).all())
        loss = self._loss(batch, outputs) if sound else outputs.logits.sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"{task}: the loss of step {step + 1} is {value}; videos:"
                f" {self._source.names(batch)}"
            )
        self._weights.learn(loss)
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
            levels = old_levels = self._frozen.of(batch)
        with torch.no_grad():
            teacher = self.before.classifier
            embeddings = teacher.embed(old_levels.levels, old_levels.mask)
            old_logits = teacher.logits(embeddings, old.rows[: old.known])
            old_offsets = self._teacher.regression(old_levels.levels, old_levels.mask, task)
        offsets = trainee.offsets(levels, task) if trainee.backbone_learns else old_offsets
        return Outputs(trainee.logits(levels, task), offsets, old_logits, old_offsets, levels.mask)

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
