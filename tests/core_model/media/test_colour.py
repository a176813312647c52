"""Known colours in every usual coding come out as themselves."""

from __future__ import annotations

import tempfile
from pathlib import Path

import av
import numpy as np
import pytest

from core_model.media.colour import ColourConverter
from core_model.media.errors import MediaError
from core_model.media.tone import Tone, for_screen
from core_model.media.video import frames
from tests.media_factory import Video, write_media

TOLERANCE = 3
BAR_PX = 16
HEIGHT_PX = 48
BARS = np.array(
    [
        (1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0),
        (0.75, 0.5, 0.25), (0.5, 0.5, 0.5), (0.04, 0.1, 0.02),
    ]
)  # fmt: skip
# Numbers of ITU-T H.273: (red, blue) weights in the luma of each matrix.
BT709, FCC, BT601_625, BT601_525, SMPTE240, BT2020 = 1, 4, 5, 6, 7, 9
LUMA = {
    BT709: (0.2126, 0.0722),
    FCC: (0.30, 0.11),
    BT601_625: (0.299, 0.114),
    BT601_525: (0.299, 0.114),
    SMPTE240: (0.212, 0.087),
    BT2020: (0.2627, 0.0593),
}
UNSAID, LIMITED, FULL = 0, 1, 2
PQ, HLG = 16, 18
# (depth in bits, columns and rows per chroma sample)
FORMATS = {
    "yuv420p": (8, 2, 2),
    "yuv422p": (8, 2, 1),
    "yuv444p": (8, 1, 1),
    "yuv411p": (8, 4, 1),
    "yuv420p10le": (10, 2, 2),
    "yuv422p10le": (10, 2, 1),
    "yuv444p12le": (12, 1, 1),
    "yuva420p": (8, 2, 2),
}


def coded(rgb: np.ndarray, matrix: int, full: bool, bits: int) -> tuple[np.ndarray, ...]:
    """R'G'B' (H, W, 3) in [0, 1] -> Y, Cb, Cr as the standards code them, unrounded."""
    red, blue = LUMA[matrix]
    luma = rgb @ np.array((red, 1 - red - blue, blue))
    cb = (rgb[..., 2] - luma) / (2 * (1 - blue))
    cr = (rgb[..., 0] - luma) / (2 * (1 - red))
    step, middle = 2.0 ** (bits - 8), 2.0 ** (bits - 1)
    if full:
        scale = 2.0**bits - 1
        return luma * scale, cb * scale + middle, cr * scale + middle
    return (16 + 219 * luma) * step, 224 * step * cb + middle, 224 * step * cr + middle


def bars_frame(
    pixel_format: str, matrix: int, full: bool, bars: np.ndarray = BARS, scale: int = 1
) -> av.VideoFrame:
    bits, columns, rows = FORMATS[pixel_format]
    rgb = np.tile(np.repeat(bars, BAR_PX * scale, axis=0), (HEIGHT_PX * scale, 1, 1)).astype(float)
    frame = av.VideoFrame(rgb.shape[1], rgb.shape[0], pixel_format)
    for place, plane in enumerate(frame.planes):
        if place == 3:
            plane.update(b"\xff" * plane.buffer_size)
            continue
        values = coded(rgb, matrix, full, bits)[place]
        values = values if place == 0 else values[::rows, ::columns]
        kind = np.uint8 if bits == 8 else np.uint16
        written = np.clip(values.round(), 0, 2**bits - 1).astype(kind)
        lines = np.zeros((plane.height, plane.line_size // written.itemsize), kind)
        lines[:, : written.shape[1]] = written
        plane.update(lines.tobytes())
    frame.colorspace, frame.color_range = matrix, FULL if full else LIMITED
    return frame


def middles(image: np.ndarray) -> np.ndarray:
    """The colour in the middle of each bar, int (bars, 3)."""
    width = image.shape[1] // len(BARS)
    return image[image.shape[0] // 2, width // 2 :: width, :3].astype(int)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", ["own", "smaller"])
def test_bars_keep_their_colours(pixel_format: str, matrix: int, full: bool, size: str) -> None:
    frame = bars_frame(pixel_format, matrix, full)
    divisor = 1 if size == "own" else 2
    width, height = frame.width // divisor, frame.height // divisor
    image = ColourConverter("rgb24").convert(frame, width, height)
    np.testing.assert_allclose(middles(image), np.rint(BARS * 255), atol=TOLERANCE)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p"])
@pytest.mark.parametrize("divisor", [1, 2])
def test_compact_pictures_keep_their_colours(
    pixel_format: str, matrix: int, full: bool, divisor: int
) -> None:
    frame = bars_frame(pixel_format, matrix, full)
    width, height = frame.width // divisor, frame.height // divisor
    compact = ColourConverter("rgb24").compact(frame, width, height)
    assert compact is not None
    assert compact.nbytes < 2.2 * width * height
    image = compact.expand()
    assert image.shape == (height, width, 3)
    np.testing.assert_allclose(middles(image), np.rint(BARS * 255), atol=TOLERANCE)


def test_a_compact_picture_of_its_own_size_loses_nothing() -> None:
    frame = bars_frame("yuv420p", BT709, False)
    converter = ColourConverter("bgra")
    compact = converter.compact(frame, frame.width, frame.height)
    assert compact is not None
    np.testing.assert_array_equal(
        compact.expand(), converter.convert(frame, frame.width, frame.height)
    )


@pytest.mark.parametrize("width", range(60, 70))
def test_compact_pictures_of_any_width_are_contiguous(width: int) -> None:
    compact = ColourConverter("bgra").compact(bars_frame("yuv420p", BT709, False), width, 33)
    assert compact is not None
    image = compact.expand()
    assert image.shape == (33, width, 4) and image.flags.c_contiguous


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p10le", "yuva420p"])
def test_pixels_that_would_lose_by_it_are_not_made_compact(pixel_format: str) -> None:
    frame = bars_frame(pixel_format, BT709, False)
    assert ColourConverter("rgb24").compact(frame, frame.width, frame.height) is None


def test_all_formats_of_the_output_have_the_same_colours() -> None:
    frame = bars_frame("yuv420p", BT709, False)
    size = frame.width, frame.height
    expected = ColourConverter("rgb24").convert(frame, *size)
    for pixel_format, order in (("bgra", [2, 1, 0]), ("rgba", [0, 1, 2])):
        image = ColourConverter(pixel_format).convert(frame, *size)
        assert (image[:, :, 3] == 255).all()
        np.testing.assert_allclose(image[:, :, order].astype(int), expected.astype(int), atol=2)


@pytest.mark.parametrize(("scale", "matrix"), [(1, BT601_525), (15, BT709)])
def test_a_file_that_says_nothing_is_taken_by_its_size(scale: int, matrix: int) -> None:
    frame = bars_frame("yuv420p", matrix, False, scale=scale)
    frame.colorspace, frame.color_range = 2, UNSAID
    image = ColourConverter("rgb24").convert(frame, frame.width, frame.height)
    np.testing.assert_allclose(middles(image), np.rint(BARS * 255), atol=TOLERANCE)


def grey_frame(pixel_format: str, value: int, colour_range: int) -> av.VideoFrame:
    frame = av.VideoFrame(64, 32, pixel_format)
    kind = np.uint8 if pixel_format == "gray" else np.uint16
    count = frame.planes[0].buffer_size // np.dtype(kind).itemsize
    frame.planes[0].update(np.full(count, value, kind).tobytes())
    frame.color_range = colour_range
    return frame


@pytest.mark.parametrize("output", ["rgb24", "bgra"])
@pytest.mark.parametrize(
    ("pixel_format", "value", "colour_range", "expected"),
    [
        ("gray", 200, FULL, 200),
        ("gray", 200, UNSAID, 200),
        ("gray", 16, LIMITED, 0),
        ("gray", 235, LIMITED, 255),
        ("gray10le", 64, LIMITED, 0),
        ("gray10le", 512, FULL, 128),
    ],
)
def test_grey_follows_its_range(
    pixel_format: str, value: int, colour_range: int, expected: int, output: str
) -> None:
    frame = grey_frame(pixel_format, value, colour_range)
    pixel = ColourConverter(output).convert(frame, 64, 32)[16, 32]
    np.testing.assert_allclose(pixel[:3].astype(int), expected, atol=1)
    assert output == "rgb24" or pixel[3] == 255


def test_a_palette_is_looked_up() -> None:
    palette = np.zeros((256, 4), np.uint8)
    palette[7] = (255, 200, 100, 50)
    indices = np.full((32, 64), 7, np.uint8)
    frame = av.VideoFrame.from_ndarray((indices, palette), format="pal8")  # type: ignore[arg-type]
    pixel = ColourConverter("rgb24").convert(frame, 64, 32)[5, 5]
    assert pixel.tolist() == [200, 100, 50]


def test_what_is_transparent_lies_over_black() -> None:
    rgba = np.empty((32, 64, 4), np.uint8)
    rgba[:, :32] = (200, 100, 50, 128)
    rgba[:, 32:] = (200, 100, 50, 255)
    frame = av.VideoFrame.from_ndarray(rgba, format="rgba")
    image = ColourConverter("bgra").convert(frame, 64, 32)
    assert image[5, 5].tolist() == [25, 50, 100, 255]
    assert image[5, 60].tolist() == [50, 100, 200, 255]


def nits_of(pixel: int) -> float:
    return 203 * (pixel / 255) ** 2.2


def pq_signal(nits: float) -> float:
    power = (nits / 10_000) ** (2610 / 16384)
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    return ((c1 + c2 * power) / (1 + c3 * power)) ** (2523 / 4096 * 128)


def toned_grey(signal: float, transfer: int) -> int:
    bars = np.full((1, 3), signal)
    frame = bars_frame("yuv420p10le", BT2020, False, bars)
    frame.color_trc, frame.color_primaries = transfer, 9
    pixel = ColourConverter("rgb24").convert(frame, frame.width, frame.height)[24, 8].astype(int)
    assert np.ptp(pixel) <= 1
    return int(pixel[1])


def test_dark_and_middle_tones_of_pq_keep_their_light() -> None:
    for nits in (2.0, 10.0, 30.0):
        assert nits_of(toned_grey(pq_signal(nits), PQ)) == pytest.approx(nits, rel=0.1, abs=0.4)


def test_pq_white_is_bright_and_what_is_brighter_can_be_told_apart() -> None:
    levels = [toned_grey(pq_signal(nits), PQ) for nits in (203, 400, 800, 2000)]
    assert 200 <= levels[0] <= 240
    assert levels == sorted(set(levels))
    assert levels[-1] >= 253


def test_hlg_white_is_as_bright_as_that_of_pq() -> None:
    # BT.2408: 75 % of HLG is the same white as 203 cd/m2.
    assert toned_grey(0.75, HLG) == pytest.approx(toned_grey(pq_signal(203), PQ), abs=12)
    assert toned_grey(0.0, HLG) <= 1
    assert toned_grey(1.0, HLG) >= 253


def test_bright_colours_can_be_told_apart_as_well() -> None:
    red = np.array([(pq_signal(nits), 0.0, 0.0) for nits in (50, 100, 200, 400)])
    shown = for_screen(Tone.PQ, red)[:, 0]
    assert (np.diff(shown) > 0.01).all()


@pytest.mark.parametrize("tone", Tone)
def test_no_tone_leaves_the_screen(tone: Tone) -> None:
    signal = np.random.default_rng(1).random((1000, 3))
    shown = for_screen(tone, signal)
    assert np.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= 1


def test_wide_colours_get_narrower_and_grey_stays() -> None:
    grey, green = for_screen(Tone.WIDE_GAMUT, np.array([(0.5, 0.5, 0.5), (0.3, 0.6, 0.3)]))
    np.testing.assert_allclose(grey, 0.5, atol=0.005)
    assert green[1] > 0.6 and green[0] < 0.3


def test_two_sizes_of_one_hdr_run_are_both_right() -> None:
    converter = ColourConverter("rgb24")
    frame = bars_frame("yuv420p10le", BT2020, False)
    frame.color_trc, frame.color_primaries = PQ, 9
    large = converter.convert(frame, frame.width, frame.height)
    small = converter.convert(frame, frame.width // 2, frame.height // 2)
    np.testing.assert_allclose(middles(small), middles(large), atol=2)


def test_hdr_of_a_file_is_recognised(tmp_path: Path) -> None:
    white = np.full((64, 64, 3), 148, np.uint8)
    options = {"x264-params": "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"}
    plain = Video(ticks=(0, 1), pictures=[white] * 2, pixel_format="yuv420p10le")
    hdr = Video(plain.ticks, options=options, pictures=[white] * 2, pixel_format="yuv420p10le")
    levels = [
        int(next(frames(write_media(tmp_path / name, video))).image[32, 32, 1])
        for name, video in (("plain.mp4", plain), ("hdr.mp4", hdr))
    ]
    assert levels[0] == pytest.approx(148, abs=3)
    # 148 of 255 is the white of PQ.
    assert levels[1] > 200


def test_hdr_without_room_for_temporary_files_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"x264-params": "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"}
    path = write_media(tmp_path / "hdr.mp4", Video((0, 1), options=options))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(MediaError, match="in the folder for temporary ones: no such file"):
        next(frames(path))
