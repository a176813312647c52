"""The rows of the table of actions that are about prompts and what the model makes of them."""

from __future__ import annotations

from functools import partial

from app.action_spec import ActionSpec

_prompt = partial(ActionSpec, menu="Model", section=3)
_media = partial(_prompt, needs_media=True)

PROMPT_ACTIONS = (
    _prompt("prompt", "Look for…", ("Ctrl+F",), "Type what to look for"),
    _media("keep_hits", "Keep Hits as Segments", ("Ctrl+Shift+K",), "Keep what prompts show"),
    _media(
        "find_like", "Find More Like This", ("Ctrl+Shift+F",), "Search for what is like this one"
    ),
    _prompt("search_videos", "Search All Videos…", ("Ctrl+Alt+F",), "Search all encoded videos"),
    _media("why", "Why Was This Found?", ("Ctrl+I",), "Show what a find rests on"),
)

PROMPT_VIEW_ACTIONS = (
    ActionSpec(
        "score_curves",
        "Curves of Prompts",
        ("Ctrl+Alt+H",),
        "Show how alike each moment is behind the hits",
        "View",
        2,
        checkable=True,
    ),
    ActionSpec(
        "heat_lanes",
        "Heat of the Likeliest Labels",
        ("Ctrl+H",),
        "Show how sure the model is of the likeliest labels at each moment",
        "View",
        2,
        checkable=True,
    ),
)
