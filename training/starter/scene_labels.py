"""What counts as an audio-visual event in the composed scenes."""

from __future__ import annotations

# Audio-visual label -> (labels of sound, labels of picture): the event is where one of each meet.
AUDIO_VISUAL: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "applauding": (frozenset({"clapping"}), frozenset({"clapping"})),
    "laughing": (frozenset({"laughing"}), frozenset({"laughing"})),
    "drinking": (frozenset({"drinking sipping"}), frozenset({"drinking"})),
    "sleeping and snoring": (frozenset({"snoring"}), frozenset({"sleeping"})),
    "typing on a laptop": (frozenset({"keyboard typing"}), frozenset({"using laptop"})),
    "running footsteps": (frozenset({"footsteps"}), frozenset({"running", "hurdles"})),
    "motor racing": (
        frozenset({"engine"}),
        frozenset({"nascar racing", "formula 1 racing", "motorcycle racing", "sidecar racing"}),
    ),
    "talking on the phone": (frozenset({"speech"}), frozenset({"calling"})),
    "dancing to music": (frozenset({"music"}), frozenset({"dancing"})),
    "listening to music": (frozenset({"music"}), frozenset({"listening to music"})),
    "cheering at a game": (
        frozenset({"cheering"}),
        frozenset({"football", "basketball", "hockey", "rugby", "volleyball", "baseball"}),
    ),
    "surfing on waves": (frozenset({"sea waves"}), frozenset({"surfing"})),
    "band marching": (frozenset({"music"}), frozenset({"band marching"})),
}


def partners(sound: str) -> list[str]:
    """The audio-visual labels in which a sound takes part."""
    return [label for label, (sounds, _) in AUDIO_VISUAL.items() if sound in sounds]


def meets(sound: str, picture: str) -> str | None:
    """The audio-visual label of a sound and a picture that run together, if they make one."""
    for label, (sounds, pictures) in AUDIO_VISUAL.items():
        if sound in sounds and picture in pictures:
            return label
    return None
