"""Files whose time stamps say when a picture is decoded, although it is shown at another time.

MP4 can tell both. Some programs that write it do not, and stamp reordered pictures in the order of
decoding; what a decoder then says of when they are shown goes back and forth.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from av.container import InputContainer
from av.video.stream import VideoStream

from core_model.media.container import (
    codec_name,
    open_media,
    packets,
    path_of,
    try_decode,
    video_stream,
)
from core_model.media.errors import MediaError
from core_model.media.piece import Identity, identity_of

_REORDERING = frozenset({"h264", "hevc"})
_FORMAT = "mp4"
# More than are ever reordered by, also behind the frames that a decoder holds back.
_CHECKED_PACKETS = 48
_REMEMBERED_FILES = 64


def is_stamped_as_decoded(stream: VideoStream) -> bool:
    """Whether the file of a stream is one of these. Decodes a second of files that could be, which
    is remembered; those whose codec states that it reorders nothing could not."""
    container = stream.container
    if codec_name(stream) not in _REORDERING or not stream.codec_context.has_b_frames:
        return False
    if _FORMAT not in container.format.name.split(","):
        return False
    identity = identity_of(path_of(container))
    return identity is not None and _looked_at(identity)


@lru_cache(_REMEMBERED_FILES)
def _looked_at(identity: Identity) -> bool:
    path = identity[0]
    try:
        with open_media(path) as container:
            return _goes_back_and_forth(container, video_stream(path, container))
    except MediaError:
        return False


def _goes_back_and_forth(container: InputContainer, stream: VideoStream) -> bool:
    stream.thread_type = "AUTO"
    shown: list[int] = []
    count = 0
    for packet in packets(container, stream):
        if packet.size:
            count += 1
            if packet.pts is None or packet.pts != packet.dts:
                return False
        shown += [picture.pts for picture in try_decode(packet)[0] if picture.pts is not None]
        if count >= _CHECKED_PACKETS:
            break
    return any(later < earlier for earlier, later in pairwise(shown))
