"""What is asked of the sound, and what comes back when it cannot be heard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.player.route import Route

# No run of the clock: what is heard moves nothing.
NO_RUN = -1


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """Play the sound of ``path`` along ``route`` from ``start_us`` on.

    ``run`` is the clock's run that it moves; with NO_RUN it is a grain, for a hand that scrubs.
    """

    run: int
    path: Path
    start_us: int
    route: Route

    @property
    def is_grain(self) -> bool:
        return self.run == NO_RUN


@dataclass(frozen=True, slots=True)
class BeepRequest:
    """Play a short tone once; it moves no clock."""

    run: int = NO_RUN
    is_grain: bool = True


@dataclass(frozen=True, slots=True)
class SoundFailure:
    """Why the sound of a run can't be heard; ``no_card`` when the file is not to blame."""

    run: int
    reason: str
    no_card: bool
