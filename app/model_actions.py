"""The rows of the table of actions that are about models and the detection of many videos."""

from __future__ import annotations

from app.action_spec import ActionSpec

MODEL_ACTIONS = (
    ActionSpec(
        "improve_model",
        "Improve the Model…",
        ("Ctrl+Shift+M",),
        "Train the model on what is decided in the project",
        "Model",
        2,
    ),
    ActionSpec(
        "models",
        "Models…",
        (),
        "Show the versions of the model: use, export, import or delete them",
        "Model",
        2,
    ),
)

QUEUE_ACTIONS = (
    ActionSpec(
        "detect_selected",
        "Find Events in Selected Videos",
        (),
        "Look for events in the videos selected on the board, one after the other",
        "Model",
        1,
    ),
    ActionSpec(
        "detect_all",
        "Find Events in All Videos",
        ("Ctrl+Shift+D",),
        "Look for events in all videos of the project, one after the other",
        "Model",
        1,
    ),
    ActionSpec(
        "queue_next",
        "Selected Videos Next",
        (),
        "Take the selected videos before all others that wait",
        "Model",
        1,
    ),
    ActionSpec(
        "queue_pause",
        "Pause the Queue",
        (),
        "Stand still with the videos that wait, or go on",
        "Model",
        1,
        checkable=True,
    ),
    ActionSpec(
        "queue_drop",
        "Take Selected Videos Out of the Queue",
        (),
        "Do not look for events in the selected videos",
        "Model",
        1,
    ),
    ActionSpec("queue_clear", "Empty the Queue", (), "Look in none of the videos", "Model", 1),
)
