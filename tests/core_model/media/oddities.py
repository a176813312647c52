"""Odd files of real life, made by the muxers' options or by changing the bytes of usual ones.

``ODDITIES`` maps a file name to what writes it. All of them play.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.packet import Packet

from tests.media_factory import Audio, Video, beeps, paint_number, regular_ticks, write_media

Writer = Callable[[Path], object]
_B_FRAMES = {"bf": "3", "g": "12"}
_HEVC = {"x265-params": "keyint=12:bframes=3:log-level=none"}
_VP9 = {"g": "12", "cpu-used": "8", "auto-alt-ref": "0"}
_AV1 = {"preset": "12", "g": "12", "svtav1-params": "lp=1"}
_FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"


def _video(count: int = 30, first: int = 0, **more: object) -> Video:
    options = more.pop("options", _B_FRAMES)
    return Video(regular_ticks(count, 1, first), options=options, **more)


def _media(
    video: Video | None = None, audio: Audio | None = None, **options: str
) -> Callable[[Path], Path]:
    return lambda path: write_media(path, video, audio, options=options)


def _movie(**options: str) -> Writer:
    return _media(_video(), Audio(((0.0, 1.2),)), **options)


def _sound(codec: str, rate_hz: int = 44_100, channels: int = 1, **options: str) -> Writer:
    return _media(None, Audio(((0.0, 1.3),), codec, rate_hz, channels), **options)


def _changed(base: str, change: Callable[[bytes], bytes], make: Writer | None = None) -> Writer:
    """The bytes of a file that is first written under the name ``base``, changed."""

    def write(path: Path) -> None:
        whole = path.with_name(f"whole_{base}")
        (make or ODDITIES[base])(whole)
        path.write_bytes(change(whole.read_bytes()))

    return write


def _noise(length: int) -> bytes:
    return random.Random(length).randbytes(length)


# Pictures

_PIXELS = {
    "libx264": ("yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "gray", "yuvj420p", "nv12"),
    "libx264rgb": ("rgb24",),
    "libx265": ("gbrp", "yuv420p10le", "yuv422p12le", "yuv444p12le"),
    "libvpx-vp9": ("yuv444p", "gbrp", "yuv440p", "yuva420p"),
    "ffv1": ("yuv411p", "gray16le", "bgra", "rgb48le", "yuva444p16le"),
    "libsvtav1": ("yuv420p10le",),
}
_OPTIONS = {
    "libx264": _B_FRAMES,
    "libx265": _HEVC,
    "libvpx-vp9": _VP9,
    "libsvtav1": _AV1,
}
_SIDES = ((1, 1), (3, 5), (17, 33), (321, 3))


def _plain(width_px: int, height_px: int, codec: str) -> Writer:
    pictures = [np.full((height_px, width_px, 3), 8 * number, np.uint8) for number in range(20)]
    options = {"g": "6"} if codec == "libvpx" else {}
    pixels = "yuv420p" if codec == "libvpx" else "yuv444p"
    return _media(
        Video(
            regular_ticks(20), codec=codec, options=options, pictures=pictures, pixel_format=pixels
        )
    )


def _growing(codec: str, pixel_format: str = "yuv420p", **options: str) -> Writer:
    """The size changes twice in the middle of the stream."""

    def write(path: Path) -> None:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25, options=dict(options))
            stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
            packets: list[Packet] = []
            for part, (width_px, height_px) in enumerate(((64, 48), (128, 96), (64, 80))):
                encoder = av.VideoCodecContext.create(codec, "w")
                encoder.width, encoder.height, encoder.pix_fmt = width_px, height_px, pixel_format
                encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
                encoder.options, encoder.thread_count = dict(options), 1
                for number in range(12 * part, 12 * part + 12):
                    picture = av.VideoFrame.from_ndarray(paint_number(number), format="rgb24")
                    frame = picture.reformat(width_px, height_px, pixel_format)
                    frame.pts, frame.time_base = number, Fraction(1, 25)
                    packets += encoder.encode(frame)
                packets += encoder.encode(None)
            container.start_encoding()
            for packet in packets:
                packet.stream, packet.time_base = stream, Fraction(1, 25)
                container.mux(packet)

    return write


def _flagged(base: Writer, is_key: Callable[[int, bool], bool]) -> Writer:
    """A copy whose packets state something else about which of them are key frames."""

    def write(path: Path) -> None:
        whole = path.with_name("flagged_" + path.name)
        base(whole)
        with av.open(str(whole)) as source, av.open(str(path), "w") as target:
            copy = target.add_stream_from_template(source.streams.video[0])
            for number, packet in enumerate(source.demux(video=0)):
                if packet.size:
                    packet.stream = copy
                    packet.is_keyframe = is_key(number, packet.is_keyframe)
                    target.mux(packet)

    return write


def _without(base: Writer, left_out: range) -> Writer:
    """A copy without some packets of the video."""

    def write(path: Path) -> None:
        whole = path.with_name("without_" + path.name)
        base(whole)
        with av.open(str(whole)) as source, av.open(str(path), "w") as target:
            copy = target.add_stream_from_template(source.streams.video[0])
            for number, packet in enumerate(source.demux(video=0)):
                if packet.size and number not in left_out:
                    packet.stream = copy
                    target.mux(packet)

    return write


# Bytes


def later(data: bytes, ticks: int) -> bytes:
    """A transport stream whose clocks, all of 33 bits at 90 kHz, are set on; they may wrap."""
    changed = bytearray(data)
    for start in range(0, len(changed) - 187, 188):
        control, place = changed[start + 3] >> 4 & 3, start + 4
        if control & 2:
            if changed[place] and changed[place + 1] & 0x10:
                clock = int.from_bytes(changed[place + 2 : place + 8], "big")
                base = ((clock >> 15) + ticks) % 2**33
                changed[place + 2 : place + 8] = (base << 15 | clock & 0x7FFF).to_bytes(6, "big")
            place += 1 + changed[place]
        is_start = changed[start + 1] & 0x40 and control & 1
        if is_start and changed[place : place + 3] == b"\0\0\1" and changed[place + 3] >= 0xC0:
            for number in range({2: 1, 3: 2}.get(changed[place + 7] >> 6, 0)):
                _set_stamp_on(changed, place + 9 + 5 * number, ticks)
    return bytes(changed)


def _set_stamp_on(data: bytearray, place: int, ticks: int) -> None:
    """Time stamps lie in five bytes, with marker bits between (ISO/IEC 13818-1, 2.4.3.6)."""
    bits = int.from_bytes(data[place : place + 5], "big")
    stamp = (bits >> 33 & 7) << 30 | (bits >> 17 & 0x7FFF) << 15 | bits >> 1 & 0x7FFF
    stamp = (stamp + ticks) % 2**33
    head = bits >> 36 << 36 | (stamp >> 30) << 33 | 1 << 32
    bits = head | (stamp >> 15 & 0x7FFF) << 17 | 1 << 16 | (stamp & 0x7FFF) << 1 | 1
    data[place : place + 5] = bits.to_bytes(5, "big")


def _wav_of(channels: int, bits: int = 16) -> Writer:
    """Any number of channels, without a word on where they are."""

    def write(path: Path) -> None:
        tone = (np.tile(beeps(1.3, 8000)[0], (channels, 1)).T * 32_767).astype("<i2").tobytes()
        head = struct.pack("<IHHIIHH", 16, 1, channels, 8000, 16_000 * channels, 2 * channels, bits)
        size = struct.pack("<I", len(tone))
        path.write_bytes(
            b"RIFF" + struct.pack("<I", 36 + len(tone)) + b"WAVEfmt " + head + b"data" + size + tone
        )

    return write


def _wav_stating(size: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        place = data.index(b"data") + 4
        stated = struct.pack("<I", size)
        return data[:4] + stated + data[8:place] + stated + data[place + 4 :]

    return change


def _with_a_bad_index(data: bytes) -> bytes:
    place = data.rindex(b"idx1") + 8
    return data[:place] + _noise(len(data) - place)


def _without_total(data: bytes) -> bytes:
    """A FLAC whose header knows neither how many samples there are nor their checksum."""
    return data[:21] + bytes([data[21] & 0xF0]) + bytes(20) + data[42:]


def _marked_encrypted(data: bytes) -> bytes:
    """An MP4 whose sample entry says that it is encrypted, though no sample is."""
    changed = bytearray(data)
    entry = changed.index(b"avc1", changed.index(b"stsd"))
    end = entry - 4 + int.from_bytes(changed[entry - 4 : entry], "big")
    changed[entry : entry + 4] = b"encv"
    scheme = _box(b"schm", bytes(4) + b"cenc" + bytes([0, 1, 0, 0]))
    keys = _box(b"schi", _box(b"tenc", bytes(4) + bytes([0, 0, 0, 8]) + bytes(16)))
    info = _box(b"sinf", _box(b"frma", b"avc1") + scheme + keys)
    changed[end:end] = info
    place = changed.index(b"moov")
    outer = [entry, place]
    for name in (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        place = changed.index(name, place)
        outer.append(place)
    for place in outer:
        length = int.from_bytes(changed[place - 4 : place], "big") + len(info)
        changed[place - 4 : place] = length.to_bytes(4, "big")
    return bytes(changed)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


_ID3 = b"ID3\x03\0\0\0\0\x0f\x76" + bytes(2038)
_H264, _MPEG4_AVI = _media(_video()), _media(_video(codec="mpeg4", options={}), Audio(codec="mp2"))
_KEYS: dict[str, Callable[[int, bool], bool]] = {
    "all": lambda number, is_key: True,
    "none": lambda number, is_key: False,
    "first": lambda number, is_key: number == 0,
    "wrong": lambda number, is_key: number % 7 == 3,
    "more": lambda number, is_key: is_key or number % 5 == 3,
}

ODDITIES: dict[str, Writer] = {
    # Fragments and edit lists.
    "fragments.mp4": _movie(movflags=_FRAGMENTS),
    "fragments_behind_an_index.mp4": _movie(movflags="frag_keyframe"),
    "fragments_with_an_index.mp4": _movie(movflags="dash+global_sidx+" + _FRAGMENTS),
    "fragments_apart.mp4": _movie(movflags="frag_keyframe+omit_tfhd_offset+separate_moof"),
    "fragments_later_joined.mp4": _movie(movflags="hybrid_fragmented+frag_keyframe"),
    "negative_offsets.mp4": _movie(movflags="negative_cts_offsets"),
    "no_edit_list.mp4": _movie(use_editlist="0"),
    "index_first.mov": _movie(movflags="faststart"),
    "begins_before_zero.mp4": _media(_video(30, -10), Audio(((0.0, 0.8),))),
    "ragged_with_b_frames.mp4": _media(
        Video((0, 1, 3, 4, 8, 9, 20, 21, 22, 30, 40, 41, 60, 61, 62, 90), options=_B_FRAMES)
    ),
    "ntsc.mp4": _media(
        Video(regular_ticks(30, 1001), time_base=Fraction(1, 30_000), options=_B_FRAMES)
    ),
    "one_frame.mp4": _media(Video((0,))),
    "one_frame.ts": _media(Video((0,))),
    "one_frame.h264": _media(Video((0,))),
    "marked_encrypted.mp4": _changed("a.mp4", _marked_encrypted, _H264),
    "cut_fragments.mp4": _changed("fragments.mp4", lambda data: data[: len(data) * 3 // 4]),
    "phone.3gp": _media(_video(codec="mpeg4", options={}), Audio(((0.0, 1.2),))),
    # Other containers.
    "live.mkv": _movie(live="1"),
    "small_clusters.mkv": _movie(cluster_time_limit="100"),
    "cut.mkv": _changed("small_clusters.mkv", lambda data: data[: len(data) * 3 // 4]),
    "no_cues.mkv": _changed(
        "small_clusters.mkv", lambda data: data.replace(b"\x1c\x53\xbb\x6b", b"\xec\x53\xbb\x6b")
    ),
    "slides.webm": _media(
        Video((0, 33, 67, 300, 333, 1000, 1001, 3000), Fraction(1, 1000), "libvpx", {"g": "5"})
    ),
    "days_late.mkv": _media(_video(30, 25 * 360_000)),
    "starts_without_a_key.mkv": _without(_H264, range(3)),
    "hole.mkv": _without(_media(_video(options={"bf": "0", "g": "6"})), range(14, 17)),
    "blu_ray.m2ts": _movie(mpegts_m2ts_mode="1"),
    "clock_wraps.ts": _changed("a.ts", lambda data: later(data, 2**33 - 54_000), _movie()),
    "late.ts": _changed("a.ts", lambda data: later(data, 90_000 * 40_000), _movie()),
    "garbage_first.ts": _changed("a.ts", lambda data: _noise(1000) + data, _movie()),
    "from_the_middle.ts": _changed("a.ts", lambda data: data[188 * 20 :], _movie()),
    "garbage_first.mpg": _changed("disc.vob", lambda data: _noise(3000) + data),
    "disc.vob": _media(_video(codec="mpeg2video"), Audio(((0.0, 1.2),), "ac3")),
    "interlaced.mpg": _media(
        _video(codec="mpeg2video", options={"flags": "+ildct+ilme", "bf": "2"})
    ),
    "mpeg1.mpg": _media(_video(codec="mpeg1video", options={"bf": "2"})),
    "no_metadata.flv": _movie(flvflags="no_metadata+no_duration_filesize+no_sequence_end"),
    "cut.flv": _changed("no_metadata.flv", lambda data: data[: len(data) * 3 // 4]),
    "no_index.avi": _changed("a.avi", lambda data: data[: data.rindex(b"idx1")], _MPEG4_AVI),
    "bad_index.avi": _changed("a.avi", _with_a_bad_index, _MPEG4_AVI),
    "reordered.avi": _media(_video()),
    "video.wmv": _media(_video(codec="wmv2", options={})),
    "video.rm": _media(_video(codec="rv20", options={})),
    "video.nut": _movie(),
    "video.mxf": _media(_video(codec="mpeg2video", options={"g": "12"})),
    "video.gif": _media(_video(codec="gif", options={}, pixel_format="rgb8")),
    # Bare streams.
    "open_groups.h264": _media(
        _video(100, options={"bf": "3", "x264-params": "open-gop=1:keyint=20:min-keyint=20"})
    ),
    "bare.hevc": _media(_video(codec="libx265", options=_HEVC)),
    "apple.m4v": _media(_video(codec="mpeg4", options={"bf": "2", "g": "12"})),
    "bare.m2v": _media(_video(codec="mpeg2video")),
    "bare.mjpeg": _media(_video(codec="mjpeg", options={}, pixel_format="yuvj420p")),
    "bare.h263": _media(
        Video(
            regular_ticks(40),
            Fraction(1001, 30_000),
            "h263",
            pictures=[np.full((144, 176, 3), 6 * number, np.uint8) for number in range(40)],
        )
    ),
    "vp8.ivf": _media(_video(codec="libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "9"})),
    "av1.ivf": _media(_video(codec="libsvtav1", options=_AV1)),
    "av1.obu": _media(_video(codec="libsvtav1", options=_AV1)),
    # Pictures.
    "interlaced.mkv": _media(_video(options={"x264-params": "interlaced=1:tff=1", "bf": "2"})),
    "interlaced.ts": _media(_video(options={"x264-params": "interlaced=1:tff=1", "bf": "2"})),
    "intra_refresh.mp4": _media(_video(60, options={"x264-params": "intra-refresh=1:keyint=20"})),
    "open_groups_hevc.mp4": _media(
        _video(
            60,
            codec="libx265",
            options={"x265-params": "open-gop=1:keyint=20:min-keyint=20:bframes=4:log-level=none"},
        )
    ),
    "growing.ts": _growing("libx264", bf="2", g="12"),
    "growing.h264": _growing("libx264", bf="2", g="12"),
    "growing.webm": _growing("libvpx-vp9", g="12", **{"cpu-used": "8"}),
    "growing.mkv": _growing("mjpeg", "yuvj420p"),
    "stretched.mkv": _media(_video(pixel_aspect=Fraction(12, 11))),
    **{f"keys_{how}.mkv": _flagged(_H264, is_key) for how, is_key in _KEYS.items()},
    **{f"keys_{how}.mp4": _flagged(_H264, is_key) for how, is_key in _KEYS.items()},
    **{f"side_{w}x{h}.webm": _plain(w, h, "libvpx") for w, h in _SIDES},
    **{f"side_{w}x{h}.mp4": _plain(w, h, "libx264") for w, h in _SIDES},
    **{
        f"{codec}_{pixels}.mkv": _media(
            _video(codec=codec, pixel_format=pixels, options=_OPTIONS.get(codec, {}))
        )
        for codec, formats in _PIXELS.items()
        for pixels in formats
    },
    "prores.mov": _media(_video(codec="prores_ks", pixel_format="yuva444p10le", options={})),
    "animation.mov": _media(_video(codec="qtrle", pixel_format="argb", options={})),
    # Sound.
    **{
        f"{codec}.wav": _sound(codec)
        for codec in ("pcm_u8", "pcm_s24le", "pcm_f64le", "pcm_alaw", "adpcm_ms", "adpcm_ima_wav")
    },
    **{f"{rate}_hz.wav": _sound("pcm_s16le", rate) for rate in (3000, 8000, 96_000, 192_000)},
    **{f"{count}_channels.wav": _wav_of(count) for count in (3, 5, 9, 16, 32)},
    "six_channels.flac": _sound("flac", channels=6),
    "six_channels.mp4": _sound("aac", channels=6),
    "large.wav": _sound("pcm_s16le", rf64="always"),
    "states_0.wav": _changed("a.wav", _wav_stating(0), _sound("pcm_s16le")),
    "states_all_ones.wav": _changed("a.wav", _wav_stating(2**32 - 1), _sound("pcm_s16le")),
    "cut.wav": _changed("a.wav", lambda data: data[: len(data) * 9 // 10 + 1], _sound("pcm_s16le")),
    "no_total.flac": _changed("a.flac", _without_total, _sound("flac")),
    "tagged.flac": _changed("a.flac", lambda data: _ID3 + data, _sound("flac")),
    "tagged.mp3": _changed("a.mp3", lambda data: _ID3 + data, _sound("libmp3lame")),
    "garbage_first.mp3": _changed("a.mp3", lambda data: _noise(9000) + data, _sound("libmp3lame")),
    "no_header.mp3": _sound("libmp3lame", write_xing="0", id3v2_version="0"),
    "garbage_first.aac": _changed("a.aac", lambda data: _noise(300) + data, _sound("aac")),
    "garbage_first.ogg": _changed("a.ogg", lambda d: _noise(500) + d, _sound("libopus", 48_000)),
    "late.ogg": _media(None, Audio(((3.0, 1.3),), "libopus", 48_000)),
    "phone.amr": _sound("libopencore_amrnb", 8000),
    "bare.ac3": _sound("ac3"),
    "lossless.caf": _sound("alac"),
    "flac.mp4": _sound("flac", strict="-2"),
    "sound.aiff": _sound("pcm_s16be"),
    "sound.wv": _sound("wavpack"),
    "sound.tta": _sound("tta"),
    "sound.mp2": _sound("mp2"),
    "video_and_cover.mkv": lambda path: write_media(
        path, _video(), Audio(((0.0, 1.2),)), cover=np.full((60, 80, 3), 120, np.uint8)
    ),
}
