"""What a model found, put among what people did without touching it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.project.changes import added, altered, removed
from app.project.edits.base import Edit, LabelFinder, Plan, checked_text, shortened
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import Run, Segment, VideoStatus, is_span, temporal_iou
from core_model.timeline import Detection, Task
from training.annotations.model import Origin, State

SAME_EVENT_IOU = 0.5
INSIDE_SHARE = 0.9
Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ApplyRun(Edit):
    """Replace a model's undecided finds in a video by those of a new run.

    Only segments that a model made, on which nobody has decided and written nothing, are
    replaced, and of these only what the run looked for: ``kinds`` and ``labels`` (None: all)
    within ``span_us`` (None: everywhere). A detection is left out where a segment that stays
    has its kind and label and a temporal IoU of at least 0.5: what was rejected stays rejected,
    what was accepted is not asked again. Nor is a part of what was accepted: nine tenths of a
    detection inside it tell nothing new. ``prompts`` are (label, wording) pairs, ``settings``
    JSON. One of many ``in_series`` makes no backup of its own: they would push out all others.
    """

    video_id: int
    model: str
    version: str
    detections: tuple[Detection, ...]
    kinds: frozenset[Task] | None = None
    labels: frozenset[str] | None = None
    span_us: tuple[int, int] | None = None
    prompts: tuple[tuple[str, str], ...] = ()
    settings: str = "{}"
    in_series: bool = False

    @property
    def is_bulk(self) -> bool:
        return True

    @property
    def backup_reason(self) -> str:
        return "" if self.in_series else "detection"

    def plan(self, reader: Reader, author: str) -> Plan:
        video = reader.video(self.video_id)
        names = {label.id: (label.kind, label.name) for label in reader.labels()}
        stay: dict[tuple[Task, str], Spans] = defaultdict(list)
        accepted: dict[tuple[Task, str], Spans] = defaultdict(list)
        replaced: list[Segment] = []
        for segment in reader.segments_of(video.id):
            if self._is_replaced(segment, *names[segment.label_id]):
                replaced.append(segment)
                continue
            span = (segment.onset_us, segment.offset_us)
            stay[names[segment.label_id]].append(span)
            if segment.state is State.ACCEPTED:
                accepted[names[segment.label_id]].append(span)
        labels = LabelFinder(reader)
        run = self._run(reader)
        prompts = dict(self.prompts)
        found = [
            self._segment(detection, labels, reader, run, prompts)
            for detection in self.detections
            if not _is_known(detection, stay[detection.task, detection.label])
            and not _is_part(detection, accepted[detection.task, detection.label])
        ]
        status = VideoStatus.PREDICTED if video.status is VideoStatus.NEW else video.status
        changes = [
            *map(removed, replaced),
            added(run),
            *labels.changes(),
            *map(added, found),
            *altered(video, replace(video, status=status)),
        ]
        return Plan(f"Detect {len(found)} segments with {shortened(self.model)}", changes)

    def _is_replaced(self, segment: Segment, kind: Task, label: str) -> bool:
        if segment.origin is not Origin.MODEL or segment.state is not State.UNDECIDED:
            return False
        if segment.note or (self.kinds is not None and kind not in self.kinds):
            return False
        if self.labels is not None and label not in self.labels:
            return False
        if self.span_us is None:
            return True
        start_us, end_us = self.span_us
        return start_us <= segment.onset_us and segment.offset_us <= end_us

    def _run(self, reader: Reader) -> Run:
        at = datetime.now(UTC).isoformat()
        settings = checked_text(self.settings, "the settings of the run")
        return Run(reader.new_id("runs"), self.video_id, self.model, self.version, settings, at)

    def _segment(
        self,
        detection: Detection,
        labels: LabelFinder,
        reader: Reader,
        run: Run,
        prompts: dict[str, str],
    ) -> Segment:
        if not is_span(detection.onset_us, detection.offset_us) or not 0 <= detection.score <= 1:
            raise EditError(f"the model found an impossible {shortened(detection.label)}")
        return Segment(
            reader.new_id("segments"),
            self.video_id,
            labels(detection.task, detection.label).id,
            detection.onset_us,
            detection.offset_us,
            State.UNDECIDED,
            Origin.MODEL,
            float(detection.score),
            prompt=prompts.get(detection.label, ""),
            run_id=run.id,
        )


def _is_known(detection: Detection, spans: Spans) -> bool:
    found = (detection.onset_us, detection.offset_us)
    return any(temporal_iou(found, span) >= SAME_EVENT_IOU for span in spans)


def _is_part(detection: Detection, spans: Spans) -> bool:
    onset_us, offset_us = detection.onset_us, detection.offset_us
    least_us = INSIDE_SHARE * (offset_us - onset_us)
    return any(min(offset_us, end) - max(onset_us, start) >= least_us for start, end in spans)
