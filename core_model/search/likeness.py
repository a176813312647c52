"""How much each snippet of a file is like what is searched for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core_model.prompting.stream import likeness
from core_model.search.columns import Columns
from core_model.timeline import Task

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LikeWords:
    """Rows (meanings, dim) for each stream that is compared, as for prompts."""

    rows: Mapping[Task, Tensor]

    def values(
        self,
        products: Float[Tensor, "n meanings"],
        columns: Columns,
        _: Float[Tensor, "meanings dim"],
    ) -> Float[Tensor, " n"]:
        """How far the words outshine the bundle's labels, in [0, 1]."""
        factors, totals = torch.from_numpy(columns.factors), torch.from_numpy(columns.totals)
        logits = products * factors[:, None] - totals[:, None]
        return likeness(logits.exp().clamp(max=1.0))


@dataclass(frozen=True, slots=True)
class LikeExample:
    """Two rows (2, dim) for each stream: what an example has beyond the common mean of all unit
    embeddings, and that mean."""

    rows: Mapping[Task, Tensor]

    def values(
        self, products: Float[Tensor, "n 2"], columns: Columns, rows: Float[Tensor, "2 dim"]
    ) -> Float[Tensor, " n"]:
        """The cosine with the example once the mean is taken off, 0 where it is negative.

        Embeddings of one encoder have most of their direction in common, which says nothing.
        """
        lengths = torch.from_numpy(columns.lengths)
        with_example, with_mean = (products / lengths[:, None]).unbind(dim=1)
        beyond, common = rows
        rest = (1 - 2 * with_mean + common @ common).clamp(min=_LEAST).sqrt()
        cosine = (with_example - common @ beyond) / (rest * beyond.norm().clamp(min=_LEAST))
        return cosine.clamp(0, 1)


@torch.inference_mode()
def scores_of(
    streams: Mapping[Task, tuple[np.ndarray, Columns]], query: LikeWords | LikeExample
) -> Float[np.ndarray, " n"]:
    """Of each snippet, in [0, 1]; the geometric mean where two streams are compared.

    Products are summed in float32 and kept as float16, as embeddings are: without turning these
    into float32 first a search takes a third of the time, and a score is right to half a per cent.
    """
    values: list[Tensor] = []
    for task, (embeddings, columns) in streams.items():
        rows = query.rows[task].float()
        stream = torch.from_numpy(embeddings)
        # A product with a vector is several times faster than one with a few columns.
        products = torch.stack([torch.mv(stream, row) for row in rows.half()]).float()
        values.append(query.values(products.T, columns, rows).nan_to_num(0.0))
    if len(values) == 1:
        return values[0].numpy()
    return torch.stack(values).clamp(min=_LEAST).log().mean(dim=0).exp().numpy()


@torch.inference_mode()
def mean_of(embeddings: Float[np.ndarray, "n dim"]) -> Float[Tensor, " dim"]:
    """The mean of embeddings at unit length."""
    return functional.normalize(torch.from_numpy(embeddings).float(), dim=-1).mean(dim=0)
