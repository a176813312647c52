"""What a decoder has to have read before it can begin anywhere but at the start of a file.

x264 before build 151 (2017) coded H.264 with full colour (4:4:4) a little differently, and FFmpeg
decodes it as it was meant once it has read the encoder's build. That stands in the first packet of
a file only: whoever seeks before reading it gets wrong pictures up to the end of the file.
"""

from __future__ import annotations

from av.container import InputContainer
from av.video.stream import VideoStream

from core_model.media.container import packets, try_decode


def prime(container: InputContainer, stream: VideoStream) -> None:
    """Let the decoder read the first packet, if it is of the kind that needs it and has read none;
    the container must not have been read before."""
    context = stream.codec_context
    if context.is_open or not _needs_first_packet(stream):
        return
    stream.thread_type = "AUTO"
    for packet in packets(container, stream):
        if packet.size:
            try_decode(packet)
            break
    if context.is_open:
        context.flush_buffers()


def _needs_first_packet(stream: VideoStream) -> bool:
    name, pixels = stream.codec_context.name, stream.codec_context.pix_fmt or ""
    return name == "h264" and ("444" in pixels or pixels.startswith("gbr"))
