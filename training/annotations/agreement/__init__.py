"""How far two annotators agree, where they do not, and one set of annotations from both."""

from training.annotations.agreement.disagreements import Disagreement, disagreements
from training.annotations.agreement.matching import Pairing, of_annotator, pair
from training.annotations.agreement.measures import Agreement, Row, agreement
from training.annotations.agreement.merging import MergeRule, merge, merge_by_hand

__all__ = [
    "Agreement",
    "Disagreement",
    "MergeRule",
    "Pairing",
    "Row",
    "agreement",
    "disagreements",
    "merge",
    "merge_by_hand",
    "of_annotator",
    "pair",
]
