"""The starter encoders: shapes, neighbours and what they refuse."""

import numpy as np
import pytest
import torch

from core_model.encoders.starter.audio import AudioNetwork, LogMel, StarterAudioEncoder
from core_model.encoders.starter.visual import (
    StarterVisualEncoder,
    VisualNetwork,
    brightness,
)


@pytest.fixture(scope="module")
def audio() -> StarterAudioEncoder:
    torch.manual_seed(0)
    return StarterAudioEncoder(AudioNetwork())


@pytest.fixture(scope="module")
def visual() -> StarterVisualEncoder:
    torch.manual_seed(0)
    return StarterVisualEncoder(VisualNetwork())


def test_one_audio_embedding_per_snippet(audio: StarterAudioEncoder) -> None:
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, 16_000 + 4_000 * 5).astype(np.float32)
    assert audio.embed(samples).shape == (6, 384)
    assert audio.embed(samples[:16_000]).shape == (1, 384)


def test_one_visual_embedding_per_snippet(visual: StarterVisualEncoder) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (24, 112, 112, 3), np.uint8)
    embeddings = visual.embed(frames)
    assert embeddings.shape == (3, 384)
    # A snippet depends on its own second alone.
    assert torch.allclose(visual.embed(frames[4:20]), embeddings[1:2], atol=1e-4)


def test_motion_and_appearance_both_count(visual: StarterVisualEncoder) -> None:
    ramp = np.linspace(0, 255, 112).astype(np.uint8)
    still = np.broadcast_to(ramp[None, None, :, None], (16, 112, 112, 3)).copy()
    other = np.full_like(still, 230)
    moving = still.copy()
    # The frames that appearance looks at stay as they are.
    for index in set(range(16)) - {0, 4, 8, 12}:
        moving[index] = np.roll(still[index], 6 * index, axis=1)
    base = visual.embed(still)
    assert not torch.allclose(visual.embed(moving), base, atol=1e-4)
    assert not torch.allclose(visual.embed(other), base, atol=1e-4)


@pytest.mark.parametrize("count", [0, 15_999, 16_001])
def test_parts_of_snippets_are_refused(audio: StarterAudioEncoder, count: int) -> None:
    with pytest.raises(ValueError, match="whole snippets"):
        audio.embed(np.zeros(count, np.float32))


@pytest.mark.parametrize("count", [0, 15, 18])
def test_parts_of_windows_are_refused(visual: StarterVisualEncoder, count: int) -> None:
    with pytest.raises(ValueError, match="whole snippets"):
        visual.embed(np.zeros((count, 112, 112, 3), np.uint8))


def test_a_tone_rises_in_its_own_band() -> None:
    time_s = np.arange(16_000) / 16_000
    bands = []
    for pitch_hz in (200, 800, 3200):
        tone = torch.from_numpy(np.sin(2 * np.pi * pitch_hz * time_s).astype(np.float32))
        mel = LogMel()(tone[None])[0]
        assert mel.shape == (64, 64)
        bands.append(int(mel[:, 8:-8].mean(1).argmax()))
    assert bands[0] < bands[1] < bands[2]


def test_silence_stays_finite(audio: StarterAudioEncoder) -> None:
    assert torch.isfinite(audio.embed(np.zeros(32_000, np.float32))).all()


def test_brightness_is_the_mean_of_pixels_and_channels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 6, 3), np.uint8)
    expected = pixels.reshape(3, 4, 2, 3, 2, 3).mean(axis=(2, 4, 5)) / 255
    np.testing.assert_allclose(brightness(torch.from_numpy(pixels)).numpy(), expected, atol=1e-6)
