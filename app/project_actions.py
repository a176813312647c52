"""The rows of the table of actions that are about projects and their segments."""

from __future__ import annotations

from functools import partial

from app.action_spec import ActionSpec

_annotate = partial(ActionSpec, menu="Annotate", needs_media=True)
# In the order of the keyboard; the first nine and 0 start and stop labels.
_DIGITS = "1234567890"


def _kind(id_: str, text: str, key: str) -> ActionSpec:
    tooltip = f"Make the selected segments {text.lower()}"
    return _annotate(f"kind_{id_}", f"Change to {text}", (key,), tooltip, section=2)


PROJECT_ACTIONS = (
    ActionSpec(
        "project_new", "New Project…", ("Ctrl+N",), "Make a project for annotations", "File", 3
    ),
    ActionSpec("project_open", "Open Project…", ("Ctrl+Shift+O",), "Open a project", "File", 3),
    ActionSpec(
        "project_save", "Save", ("Ctrl+S",), "Say when the last change was saved", "File", 3
    ),
    ActionSpec("project_close", "Close Project", (), "Close the open project", "File", 3),
    ActionSpec(
        "import_annotations",
        "Import Annotations…",
        ("Ctrl+Shift+I",),
        "Take in annotations of other programs and people",
        "File",
        4,
    ),
    ActionSpec(
        "export_annotations",
        "Export Annotations…",
        ("Ctrl+Shift+E",),
        "Write the annotations for other programs",
        "File",
        4,
    ),
    ActionSpec(
        "videos_find",
        "Find Missing Videos…",
        (),
        "Look in a folder for videos that are not where they were",
        "File",
        4,
    ),
)

UNDO_ACTIONS = (
    ActionSpec("undo", "Undo", ("Ctrl+Z",), "Take back the last change", "Edit", -2),
    ActionSpec(
        "redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do again what was taken back", "Edit", -2
    ),
    ActionSpec("segment_copy", "Copy Segments", ("Ctrl+C",), "Copy the segments", "Edit", -1),
    ActionSpec("segment_paste", "Paste Segments", ("Ctrl+V",), "Paste at the playhead", "Edit", -1),
    ActionSpec(
        "segment_delete",
        "Delete Segments",
        (),
        "Delete the selected segments",
        "Edit",
        -1,
        timeline_keys=("Delete", "Backspace"),
    ),
)

SEGMENT_ACTIONS = (
    _annotate(
        "segment_new",
        "New Segment",
        (),
        "Make a segment of the selected time",
        timeline_keys=("Return", "Enter"),
    ),
    _annotate("segment_relabel", "Relabel…", ("F2",), "Give the segments another label"),
    _annotate("segment_split", "Split", ("B",), "Split the segments at the playhead", section=1),
    _annotate(
        "segment_merge", "Merge", ("Ctrl+M",), "Make one of segments with a label", section=1
    ),
    _annotate(
        "segment_duplicate", "Duplicate", ("Ctrl+J",), "Copy the segments in place", section=1
    ),
    _kind("tal", "Actions", "Ctrl+1"),
    _kind("sed", "Sounds", "Ctrl+2"),
    _kind("avel", "Seen and Heard", "Ctrl+3"),
    *(
        _annotate(
            f"label_{digit}",
            f"Start or Stop Label {digit}",
            (digit,),
            f"Start or stop label {digit} while playing",
            section=3,
            is_fixed=True,
        )
        for digit in _DIGITS
    ),
    _annotate(
        "reaction_delay",
        "Reaction Delay…",
        (),
        "Measure how late your keys are while playing",
        section=4,
    ),
    ActionSpec(
        "labels_edit", "Labels…", ("Ctrl+L",), "Edit the project's labels", "Annotate", section=4
    ),
    _annotate(
        "segment_ghosts",
        "Show Rejected",
        (),
        "Show what was rejected as ghosts",
        section=4,
        checkable=True,
    ),
)

_track = partial(ActionSpec, menu="View", section=2)

TRACK_ACTIONS = (
    _track("track_fold", "Fold Track", ("Shift+C",), "Show the track in one row, or unfold it"),
    _track("track_hide", "Hide Track", ("Shift+H",), "Do not show the track"),
    _track("track_solo", "Solo Track", ("Shift+S",), "Show no other tracks, or all again"),
    _track("track_lock", "Lock Track", ("Ctrl+Shift+L",), "Let nothing in the track be changed"),
    _track("track_up", "Move Track Up", ("Alt+PgUp",), "Put the track one place higher"),
    _track("track_down", "Move Track Down", ("Alt+PgDown",), "Put the track one place lower"),
    _track("track_taller", "Higher Rows", ("Alt+Shift+Up",), "Make the rows of the track higher"),
    _track("track_lower", "Lower Rows", ("Alt+Shift+Down",), "Make the rows of the track lower"),
    _track("tracks_apart", "A Track per Label", ("Shift+G",), "Part the kind into its labels"),
    _track("tracks_show_all", "Show All Tracks", ("Ctrl+Shift+H",), "Hide no track any more"),
)
