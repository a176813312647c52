"""New wordings move towards labels that they resemble."""

import torch
from torch.nn import functional

from core_model.wordings import drawn_to_labels

LABELS = torch.eye(8)[:3]


def _between(first: int, second: int, share: float) -> torch.Tensor:
    rows = torch.eye(8)
    return functional.normalize((1 - share) * rows[first] + share * rows[second], dim=0)[None]


def test_a_synonym_comes_nearer_to_its_label() -> None:
    synonym = _between(1, 5, 0.45)
    drawn = drawn_to_labels(synonym, LABELS)
    assert drawn[0, 1] > synonym[0, 1] + 0.1
    assert abs(drawn[0].norm() - 1) < 1e-5
    assert drawn[0, 1] > drawn[0, [0, 2]].max() + 0.5


def test_what_resembles_no_label_stays() -> None:
    stranger = _between(6, 7, 0.3)
    assert torch.allclose(drawn_to_labels(stranger, LABELS), stranger, atol=1e-6)


def test_nearer_wordings_are_drawn_further() -> None:
    moved = [
        1 - float((drawn_to_labels(row, LABELS) * row).sum() / row.norm())
        for row in (_between(1, 5, 0.75), _between(1, 5, 0.55))
    ]
    assert 0 < moved[0] < moved[1]
