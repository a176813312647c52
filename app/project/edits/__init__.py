"""What a person can do to a project: frozen values, each one transaction and one undo step."""

from app.project.edits.base import Edit, Plan, Together
from app.project.edits.decisions import Decide, DecideByScore
from app.project.edits.imports import ImportAnnotations
from app.project.edits.labels import AddLabels, ChangeLabel, DeleteLabel, OrderLabels
from app.project.edits.merging import MergeLayers
from app.project.edits.paste import Clip, Duplicate, Paste, clips_of
from app.project.edits.runs import ApplyRun
from app.project.edits.segments import (
    AddSegment,
    ChangeKind,
    DeleteSegments,
    MergeSegments,
    MoveBoundary,
    MoveSegments,
    Relabel,
    Reshape,
    SetNote,
    SplitSegments,
)
from app.project.edits.videos import (
    AddVideos,
    RelinkVideos,
    RemoveVideos,
    SetVideoComment,
    SetVideoStatus,
    VideoFile,
)

__all__ = [
    "AddLabels",
    "AddSegment",
    "AddVideos",
    "ApplyRun",
    "ChangeKind",
    "ChangeLabel",
    "Clip",
    "Decide",
    "DecideByScore",
    "DeleteLabel",
    "DeleteSegments",
    "Duplicate",
    "Edit",
    "ImportAnnotations",
    "MergeLayers",
    "MergeSegments",
    "MoveBoundary",
    "MoveSegments",
    "OrderLabels",
    "Paste",
    "Plan",
    "Relabel",
    "RelinkVideos",
    "RemoveVideos",
    "Reshape",
    "SetNote",
    "SetVideoComment",
    "SetVideoStatus",
    "SplitSegments",
    "Together",
    "VideoFile",
    "clips_of",
]
