"""Speech for the sample, spoken at authoring time by Flite (BSD-like licence, free output).

Only the finished sample needs no speech program; rendering it anew does: on Debian
``apt-get install flite``.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import wave
from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from sample.synthesis import RATE_HZ, band, level, noise, room

_MISSING = "rendering the sample needs the program flite, which speaks its sentences"


def say(text: str, voice: str, *, decay_s: float, share: float, seed: int) -> np.ndarray:
    """A sentence in one of Flite's voices (awb, rms, slt), in a room and through a microphone.

    Raises FileNotFoundError where Flite is not installed.
    """
    if shutil.which("flite") is None:
        raise FileNotFoundError(_MISSING)
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", spoken], check=True)
        rate_hz, samples = _read(spoken.read_bytes())
    shared = gcd(RATE_HZ, rate_hz)
    clean = resample_poly(samples, RATE_HZ // shared, rate_hz // shared)
    heard = room(band(clean, 90, 7_400), decay_s, share, seed)
    return level(heard + 0.002 * noise(len(heard) / RATE_HZ, seed), 1.0)


def _read(data: bytes) -> tuple[int, np.ndarray]:
    with wave.open(io.BytesIO(data)) as file:
        frames = file.readframes(file.getnframes())
        return file.getframerate(), np.frombuffer(frames, "<i2").astype(np.float64) / 32_768
