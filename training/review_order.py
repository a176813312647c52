"""What to review next so that a decision teaches the most: doubt times novelty. Without torch.

A find is worth a look where the model is unsure of it and where it is unlike what is looked at
anyway: greedy k-centre selection (Sener and Savarese, arXiv 1708.00489) with distances weighed by
uncertainty. Finds of different labels never stand for each other.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, Shaped

# So many are chosen one by one; the rest follows by what is left of its worth.
CHOSEN_ONE_BY_ONE = 500


def doubt(
    scores: Float[np.ndarray, " finds"], thresholds: Float[np.ndarray, " finds"]
) -> Float[np.ndarray, " finds"]:
    """1 where a score is at the threshold at which the model changes its mind, falling to 0 at
    the far end of [0, 1]; 0 without a score (NaN)."""
    farthest = np.maximum(thresholds, 1 - thresholds)
    return np.nan_to_num(1 - np.abs(scores - thresholds) / farthest, nan=0.0)


def learning_order(
    doubts: Float[np.ndarray, " finds"],
    labels: Shaped[np.ndarray, " finds"],
    embeddings: Float[np.ndarray, "finds dim"],
) -> Int[np.ndarray, " finds"]:
    """Indices of all finds, the one to review first in front.

    ``embeddings`` have unit length, or are zero where nothing is known. The worth of a find is
    its doubt times its distance (1 - cosine, at most 1) from the nearest find of its label that
    was chosen before; of equal worth the earlier comes first.
    """
    count = len(doubts)
    numbers = np.unique(labels, return_inverse=True)[1]
    rows = embeddings.astype(np.float32)
    novelty = np.ones(count)
    is_left = np.ones(count, bool)
    order = []
    for _ in range(min(count, CHOSEN_ONE_BY_ONE)):
        worth = np.where(is_left, doubts * novelty, -1.0)
        chosen = int(worth.argmax())
        order.append(chosen)
        is_left[chosen] = False
        same = np.flatnonzero((numbers == numbers[chosen]) & is_left)
        distance = 1 - rows[same] @ rows[chosen]
        novelty[same] = np.minimum(novelty[same], distance.clip(0, 1))
    rest = np.flatnonzero(is_left)
    by_worth = rest[np.argsort(-(doubts * novelty)[rest], kind="stable")]
    return np.concatenate((np.array(order, np.int64), by_worth))
