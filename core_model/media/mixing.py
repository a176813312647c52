"""The filters that bring sound to one rate and to one or two channels."""

from __future__ import annotations

from fractions import Fraction

import av.error
from av.audio.frame import AudioFrame
from av.filter import Graph

# Large pieces: a call per piece costs more than the filters themselves.
PIECE_SAMPLES = 65_536
# So many samples of the file are gathered before anything is done with them, or fewer, where more
# samples than this would be made of them at once.
_GATHERED_SAMPLES = 16_384
_MOST_MADE_SAMPLES = 4 * PIECE_SAMPLES


def gathered_samples(own_rate_hz: int, rate_hz: int) -> int:
    """How many samples of a file at its own rate go through the filters at a time."""
    return min(_GATHERED_SAMPLES, max(1, _MOST_MADE_SAMPLES * own_rate_hz // rate_hz))


def mixing_graph(like: AudioFrame, rate_hz: int, layout: str, channel: int | None) -> Graph:
    """Takes frames like one and gives float32 of "mono" or "stereo" at a rate, in large pieces.

    With ``channel`` only that one is heard. Raises av.error.FFmpegError or ValueError for channels
    that cannot be mixed.
    """
    if channel is not None:
        return _graph(like, rate_hz, layout, f"{layout}|c0=c{channel}")
    try:
        return _graph(like, rate_hz, layout)
    except (av.error.FFmpegError, ValueError):
        # Nine channels, say, have no usual places in a room: all count the same.
        count = like.layout.nb_channels
        mean = "+".join(f"{1 / count:.6f}*c{number}" for number in range(count))
        places = range(1 if layout == "mono" else 2)
        panning = "|".join([layout, *(f"c{place}={mean}" for place in places)])
        return _graph(like, rate_hz, layout, panning)


def _graph(like: AudioFrame, rate_hz: int, layout: str, panning: str | None = None) -> Graph:
    graph = Graph()
    gathered = gathered_samples(like.sample_rate, rate_hz)
    source = graph.add_abuffer(
        sample_rate=like.sample_rate,
        format=like.format,
        layout=like.layout,
        time_base=Fraction(1, like.sample_rate),
    )
    steps = [
        graph.add("asetnsamples", f"n={gathered}:p=0"),
        *([] if panning is None else [graph.add("pan", panning)]),
        # Without the limit, mixing two loud channels of floats could leave [-1, 1].
        graph.add("aresample", f"{rate_hz}:ochl={layout}:osf=flt:rematrix_maxval=1"),
        graph.add("asetnsamples", f"n={PIECE_SAMPLES}:p=0"),
    ]
    graph.link_nodes(source, *steps, graph.add("abuffersink")).configure()
    return graph
