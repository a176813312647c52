"""Snippets compared with labels, and what that does to the head's scores."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core_model.similarity import compared_stream, fused, snippet_probabilities
from core_model.timeline import Task
from core_model.uniav.model import RawOutput


def _raw(logits: torch.Tensor, offsets: torch.Tensor) -> RawOutput:
    mask = torch.ones(logits.shape[:2], dtype=torch.bool)
    return RawOutput([logits], [offsets], [mask])


def test_known_labels_get_the_softmax_over_the_reference() -> None:
    torch.manual_seed(0)
    reference = functional.normalize(torch.randn(6, 16), dim=1)
    embeddings = torch.randn(2, 5, 16) * 30
    expected = (8.0 * functional.normalize(embeddings, dim=-1) @ reference.T).softmax(-1)
    found = snippet_probabilities(embeddings, reference[:4], reference, 8.0)
    torch.testing.assert_close(found, expected[..., :4])


def test_a_new_wording_of_a_known_label_scores_like_it() -> None:
    torch.manual_seed(0)
    reference = functional.normalize(torch.randn(6, 16), dim=1)
    wording = functional.normalize(reference[:1] + 0.02 * torch.randn(1, 16), dim=1)
    snippet = reference[None, :1]
    known = snippet_probabilities(snippet, reference[:1], reference, 20.0)
    new = snippet_probabilities(snippet, wording, reference, 20.0)
    assert known > 0.9
    assert new > 0.8
    assert (snippet_probabilities(snippet * 5, wording, reference, 20.0) <= 1).all()


def test_weight_nought_changes_nothing() -> None:
    torch.manual_seed(0)
    raw = _raw(torch.randn(1, 8, 3), torch.rand(1, 8, 2) * 3)
    same = fused(raw, torch.rand(1, 8, 3), 0.0)
    torch.testing.assert_close(same.logits[0], raw.logits[0], atol=1e-3, rtol=1e-3)


def test_the_mean_is_taken_over_the_proposal() -> None:
    probabilities = torch.zeros(1, 8, 1)
    probabilities[0, 2:6] = 0.8
    raw = _raw(torch.zeros(1, 8, 1), torch.zeros(1, 8, 2))
    raw.offsets[0][0, 4] = torch.tensor([2.0, 1.0])  # snippets 2 to 5: all of the event
    raw.offsets[0][0, 5] = torch.tensor([5.0, 2.0])  # snippets 0 to 7: half of it is
    scores = fused(raw, probabilities, 1.0).logits[0].sigmoid()[0, :, 0]
    torch.testing.assert_close(scores[4], torch.tensor(0.8), atol=1e-4, rtol=0)
    torch.testing.assert_close(scores[5], torch.tensor(0.4), atol=1e-4, rtol=0)
    assert scores[0] < 1e-5


def test_coarse_levels_look_at_the_same_snippets() -> None:
    probabilities = torch.zeros(1, 8, 1)
    probabilities[0, 4:] = 0.6
    coarse = _raw(torch.zeros(1, 2, 1), torch.tensor([[[0.0, 0.75], [0.0, 0.75]]]))
    levels = RawOutput(
        [torch.zeros(1, 8, 1), torch.zeros(1, 4, 1), coarse.logits[0]],
        [torch.zeros(1, 8, 2), torch.zeros(1, 4, 2), coarse.offsets[0]],
        [torch.ones(1, n, dtype=torch.bool) for n in (8, 4, 2)],
    )
    scores = fused(levels, probabilities, 1.0).logits[2].sigmoid()[0, :, 0]
    torch.testing.assert_close(scores, torch.tensor([0.0, 0.6]), atol=1e-4, rtol=0)


def test_each_task_has_its_stream() -> None:
    visual, audio = torch.zeros(1), torch.ones(1)
    assert compared_stream(Task.TAL, visual, audio) is visual
    assert compared_stream(Task.SED, visual, audio) is audio
    with pytest.raises(ValueError, match="audio-visual"):
        compared_stream(Task.AVEL, visual, audio)
