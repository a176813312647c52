"""The real window in front of a camera: waits, and small pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.codec.context import CodecContext
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.main_window import MainWindow

PATIENCE_S = 180.0


def wait_until(is_so: Callable[[], bool]) -> None:
    """Run the event loop until something is so; raises TimeoutError."""
    loop, timer = QEventLoop(), QTimer()
    end_s = time.monotonic() + PATIENCE_S

    def look() -> None:
        if is_so() or time.monotonic() > end_s:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(20)
    loop.exec()
    timer.stop()
    if not is_so():
        raise TimeoutError("the window did not come to rest")


def pause(seconds: float) -> None:
    """Let the window go on for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def save_small(widget: QWidget, path: Path) -> None:
    """A picture of a widget as PNG of 256 colours that suit it."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    width, height = image.width(), image.height()
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = lines[:, : 3 * width].reshape(height, width, 3)
    path.write_bytes(_png(_with_palette(np.ascontiguousarray(pixels))))


def open_video(window: MainWindow, path: Path) -> None:
    """Open a file and wait until its events, its sound and its shots are there."""
    window.open_path(path)
    wait_until(lambda: window.session.media is not None and window.session.media.path == path)
    wait_until(lambda: not window.detection.is_running)
    pause(3.0)


def _with_palette(pixels: np.ndarray) -> VideoFrame:
    height, width = pixels.shape[:2]
    graph = Graph()
    source = graph.add(
        "buffer", f"video_size={width}x{height}:pix_fmt=rgb24:time_base=1/1:pixel_aspect=1/1"
    )
    split, palette = graph.add("split"), graph.add("palettegen", "reserve_transparent=0")
    use, sink = graph.add("paletteuse", "dither=none"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    frame = VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = 0, Fraction(1)
    source.push(frame)
    source.push(None)
    coloured = sink.pull()
    assert isinstance(coloured, VideoFrame)
    return coloured


def _png(frame: VideoFrame) -> bytes:
    encoder = CodecContext.create("png", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base = encoder.framerate = Fraction(1)
    encoder.options = {"compression_level": "9"}
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
