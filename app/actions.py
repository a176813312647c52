"""The one table of everything that can be done with a key or from a menu.

Menus, tool tips, shortcuts and the list of keys in the help are all made from it. Keys follow
what users of annotation tools and video editors have in their fingers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from app.action_spec import ActionSpec
from app.model_actions import MODEL_ACTIONS, QUEUE_ACTIONS
from app.project_actions import (
    PROJECT_ACTIONS,
    SEGMENT_ACTIONS,
    TRACK_ACTIONS,
    UNDO_ACTIONS,
)
from app.prompt_actions import PROMPT_ACTIONS, PROMPT_VIEW_ACTIONS

MENUS = ("File", "Edit", "Annotate", "Playback", "Go", "Model", "View", "Help")


_media = partial(ActionSpec, needs_media=True)
_switch = partial(ActionSpec, checkable=True)


def _theme(id_: str, text: str, tooltip: str) -> ActionSpec:
    return ActionSpec(id_, text, (), tooltip, "View", checkable=True, choice="theme")


def _nudge(id_: str, text: str, key: str, end: str) -> ActionSpec:
    return _media(f"select_{id_}", text, (key,), f"Let the selection {end}", "Edit", 1)


def _review(id_: str, text: str, key: str, tooltip: str) -> ActionSpec:
    return _switch(f"review_{id_}", text, (key,), tooltip, "Playback", 2, needs_media=True)


def _beside(
    id_: str, text: str, keys: tuple[str, ...], tooltip: str, menu: str, section: int, key: str
) -> ActionSpec:
    return _media(id_, text, keys, tooltip, menu, section, timeline_keys=(key,))


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open", "Open Video…", ("Ctrl+O",), "Open a video or sound file", "File"),
    ActionSpec("open_sample", "Open the Sample", (), "Open the clip that comes along", "File"),
    _media("close", "Close Video", ("Ctrl+W",), "Close the open file", "File", 1),
    _media(
        "save_frame", "Save Frame…", ("Ctrl+Shift+S",), "Save the frame as a picture", "File", 2
    ),
    _media("save_clip", "Save Clip…", ("Ctrl+E",), "Save the selection as a file", "File", 2),
    *PROJECT_ACTIONS,
    ActionSpec("quit", "Quit", ("Ctrl+Q",), "Close the window", "File", 9),
    *UNDO_ACTIONS,
    # --- the selected time
    _media("select_start", "Start Selection Here", ("I",), "Select from the playhead on", "Edit"),
    _media("select_end", "End Selection Here", ("O",), "Select up to the playhead", "Edit"),
    _media("select_all", "Select Everything", ("Ctrl+A",), "Select the whole media", "Edit"),
    _media("select_none", "Clear Selection", ("Ctrl+Shift+A",), "Select nothing", "Edit"),
    _nudge("start_earlier", "Start One Frame Earlier", "Alt+Left", "start a frame earlier"),
    _nudge("start_later", "Start One Frame Later", "Alt+Right", "start a frame later"),
    _nudge("end_earlier", "End One Frame Earlier", "Alt+Shift+Left", "end a frame earlier"),
    _nudge("end_later", "End One Frame Later", "Alt+Shift+Right", "end a frame later"),
    _media("copy_frame", "Copy Frame", ("Ctrl+Shift+C",), "Copy the frame as a picture", "Edit", 2),
    ActionSpec(
        "palette", "Find an Action…", ("Ctrl+K",), "Search everything that can be done", "Edit", 3
    ),
    *SEGMENT_ACTIONS,
    # --- deciding
    _media("accept", "Accept", ("Y",), "Accept what is selected", "Annotate", 5),
    _media("reject", "Reject", ("X",), "Reject what is selected", "Annotate", 5),
    _media("unsure", "Unsure", ("U",), "Mark what is selected as unsure", "Annotate", 5),
    _media("triage_next", "Next Undecided", ("N",), "Play the next find to decide", "Annotate", 6),
    _media("triage_previous", "Back in Triage", ("Shift+N",), "Play the one before", "Annotate", 6),
    _media("triage_replay", "Play It Again", ("T",), "Play the find again", "Annotate", 6),
    _media(
        "next_video", "Next Unreviewed Video", ("Ctrl+Shift+N",), "Open the next", "Annotate", 7
    ),
    # --- playing
    _media("play", "Play / Pause", ("Space", "K"), "Play or pause", "Playback"),
    _media(
        "play_selection", "Play Selection", ("Shift+Space",), "Play what is selected", "Playback"
    ),
    _media("pre_roll", "Play the Lead-In", ("Q",), "Play 0.5 s up to the selection", "Playback", 1),
    _media(
        "post_roll", "Play the Run-Out", ("W",), "Play 0.5 s on from the selection", "Playback", 1
    ),
    _switch("loop", "Loop", ("R",), "Play the selection, or all, again and again", "Playback", 2),
    _review("events", "Review Events", "Shift+R", "Play events at 1x and all else at 10x"),
    _review("gaps", "Review Gaps", "Ctrl+R", "Play events at 10x and all else at 1x"),
    _media("slower", "Slower", ("J",), "Play slower, at the same pitch", "Playback", 5),
    _media("faster", "Faster", ("L",), "Play faster, at the same pitch", "Playback", 5),
    _media("much_slower", "Much Slower", ("Shift+J",), "Play three steps slower", "Playback", 5),
    _media("much_faster", "Much Faster", ("Shift+L",), "Play three steps faster", "Playback", 5),
    _media("normal_speed", "Normal Speed", ("\\",), "Play at normal speed", "Playback", 5),
    _switch("mute", "Mute", ("M",), "Switch the sound off or on", "Playback", 6),
    _switch("scrub_sound", "Sound While Scrubbing", (), "Hear single moments", "Playback", 6),
    ActionSpec("volume_up", "Louder", ("Ctrl+Shift+Up",), "Turn the volume up", "Playback", 6),
    ActionSpec(
        "volume_down", "Quieter", ("Ctrl+Shift+Down",), "Turn the volume down", "Playback", 6
    ),
    # --- going somewhere
    _media("frame_back", "Frame Back", ("Left", ","), "Step back by one frame", "Go"),
    _media("frame_forward", "Frame Forward", ("Right", "."), "Step on by one frame", "Go"),
    _media("back_1s", "Back 1 s", ("Shift+Left",), "Go back by one second", "Go", 1),
    _media("forward_1s", "Forward 1 s", ("Shift+Right",), "Go on by one second", "Go", 1),
    _media("back_10s", "Back 10 s", ("Ctrl+Left",), "Go back by ten seconds", "Go", 1),
    _media("forward_10s", "Forward 10 s", ("Ctrl+Right",), "Go on by ten seconds", "Go", 1),
    _media("start", "Go to Start", ("Home",), "Go to the start of the media", "Go", 2),
    _media("end", "Go to End", ("End",), "Go to the end of the media", "Go", 2),
    _beside("next_event", "Next Event", ("]",), "Go to the next onset", "Go", 3, "Tab"),
    _beside(
        "previous_event", "Previous Event", ("[",), "Go to the previous onset", "Go", 3, "Shift+Tab"
    ),
    _beside("next_shot", "Next Shot", ("}",), "Go to the next shot change", "Go", 4, "Down"),
    _beside(
        "previous_shot", "Previous Shot", ("{",), "Go to the previous shot change", "Go", 4, "Up"
    ),
    _media(
        "to_select_start", "Selection Start", ("Shift+I",), "Go to the selection's start", "Go", 5
    ),
    _media("to_select_end", "Selection End", ("Shift+O",), "Go to the selection's end", "Go", 5),
    # --- finding
    _media("detect", "Find Events", ("Ctrl+D",), "Look for events in the open file", "Model"),
    _media("cancel", "Stop Finding Events", (), "Stop looking for events", "Model"),
    *QUEUE_ACTIONS,
    *MODEL_ACTIONS,
    *PROMPT_ACTIONS,
    # --- looks
    _theme("theme_system", "Follow the System", "Dark or light as the system is"),
    _theme("theme_dark", "Dark", "Use the dark colours"),
    _theme("theme_light", "Light", "Use the light colours"),
    _media("zoom_in", "Zoom In", ("Ctrl+Up", "Ctrl++", "Ctrl+="), "Show less time", "View", 1),
    _media("zoom_out", "Zoom Out", ("Ctrl+Down", "Ctrl+-"), "Show more time", "View", 1),
    _media("zoom_all", "Show Everything", ("Ctrl+0",), "Show the whole media", "View", 1),
    _media(
        "zoom_selection",
        "Show the Selection",
        ("F",),
        "Fill the timeline with the selection",
        "View",
        1,
    ),
    *TRACK_ACTIONS,
    *PROMPT_VIEW_ACTIONS,
    # --- the picture
    _media("picture_fit", "Fit Picture", ("Alt+0",), "Show the whole picture", "View", 3),
    _media(
        "picture_actual",
        "Picture at 100 %",
        ("Alt+1",),
        "Show the picture pixel by pixel",
        "View",
        3,
    ),
    _media("picture_in", "Enlarge Picture", ("Alt+=", "Alt++"), "Enlarge the picture", "View", 3),
    _media("picture_out", "Shrink Picture", ("Alt+-",), "Shrink the picture", "View", 3),
    _switch(
        "picture_window",
        "Picture in Its Own Window",
        ("Shift+F11",),
        "Move the picture to a window of its own, for a second monitor",
        "View",
        4,
    ),
    _switch("events_panel", "Events Panel", ("F9",), "Show the list of events", "View", 5),
    _switch("videos_panel", "Videos Panel", ("F8",), "Show the project's videos", "View", 5),
    _switch("full_screen", "Full Screen", ("F11",), "Fill the screen", "View", 5),
    ActionSpec("next_pane", "Next Pane", ("F6",), "Move the keys to the next pane", "View", 6),
    ActionSpec(
        "back_out",
        "Back Out",
        ("Esc",),
        "Take back one step: message, full screen, selection, search",
        "View",
        6,
    ),
    ActionSpec("guide", "User's Guide", ("Shift+F1",), "Read how each task is done", "Help"),
    ActionSpec("keys", "Keys", ("F1", "?"), "Show every key, searchable", "Help"),
    ActionSpec("keys_edit", "Customise Keys…", (), "Give actions other keys", "Help"),
    ActionSpec("about", "About AVScope", (), "Show the version and licence", "Help", 1),
)


def make_actions(parent: QObject) -> dict[str, QAction]:
    """One QAction per row of the table, by id, owned by ``parent``."""
    choices: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, parent)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setToolTip(tooltip_text(spec))
        action.setCheckable(spec.checkable)
        # In a menu an icon would stand where the tick of a switch belongs.
        action.setIconVisibleInMenu(False)
        if spec.choice:
            choices.setdefault(spec.choice, QActionGroup(parent)).addAction(action)
        actions[spec.id] = action
    return actions


def connect_actions(
    actions: Mapping[str, QAction], slots: Mapping[str, Callable[..., object]]
) -> None:
    """Connect each action to what it does. Raises KeyError for an action that does nothing."""
    for spec in ACTIONS:
        slot = slots[spec.id]
        if spec.checkable:
            actions[spec.id].toggled.connect(slot)
        else:
            actions[spec.id].triggered.connect(slot)


def enable_for_media(actions: Mapping[str, QAction], has_media: bool) -> None:
    """Grey out what makes no sense without an open file."""
    for spec in ACTIONS:
        if spec.needs_media:
            actions[spec.id].setEnabled(has_media)


def keys_text(spec: ActionSpec) -> str:
    """The keys as this system writes them, such as "Left or ,"."""
    native = QKeySequence.SequenceFormat.NativeText
    keys = (*spec.keys, *spec.timeline_keys)
    return " or ".join(QKeySequence(key).toString(native) for key in keys)


def tooltip_text(spec: ActionSpec) -> str:
    """What the action does, with its keys."""
    return f"{spec.tooltip} ({keys_text(spec)})" if keys_text(spec) else spec.tooltip
