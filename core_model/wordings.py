"""New wordings of what a model knows already.

Small encoders learn to lie near the few texts of their labels, not to understand the whole text
space between them: a synonym that lies a little beside its label is heard much worse than the
label. So a new wording is drawn towards the labels that it resembles, the more the nearer it is;
what resembles none stays where it is.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

# How strongly nearer labels outweigh farther ones (per unit of cosine).
_SHARPNESS = 10.0
# A wording that is no nearer to a label than unrelated ones are is not drawn at all.
_UNRELATED_COSINE = 0.2
# How far a wording is drawn that all but equals a label.
_MOST = 0.8


def drawn_to_labels(
    rows: Float[Tensor, "wordings dim"], labels: Float[Tensor, "labels dim"]
) -> Float[Tensor, "wordings dim"]:
    """Unit rows of wordings -> unit rows, moved towards a mean of the unit rows of ``labels``
    that is weighted by likeness."""
    cosines = rows @ labels.T
    towards = functional.normalize((_SHARPNESS * cosines).softmax(dim=-1) @ labels, dim=-1)
    nearest = cosines.amax(dim=-1, keepdim=True)
    share = _MOST * ((nearest - _UNRELATED_COSINE) / (1 - _UNRELATED_COSINE)).clamp(0, 1)
    return functional.normalize((1 - share) * rows + share * towards, dim=-1)
