"""The word-piece tokenizer of uncased BERT models, in plain Python.

Devlin et al., arXiv 1810.04805; Wu et al., arXiv 1609.08144 (greedy longest match first).
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

LONGEST_WORD = 100
_WHITESPACE_CONTROLS = "\t\n\r"
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def _is_alone(character: str) -> bool:
    """Whether a character is a token of its own: punctuation, ASCII symbols, ideographs."""
    code = ord(character)
    if code < 128:
        return not character.isalnum() and code > 32
    if unicodedata.category(character).startswith("P"):
        return True
    return any(first <= code <= last for first, last in _IDEOGRAPHS)


def _clean(text: str) -> str:
    """Lower case without accents; control characters gone, every white space one blank."""
    kept: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _WHITESPACE_CONTROLS or category == "Zs":
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Co", "Cs") and character != "\ufffd":
            kept.append(character)
    decomposed = unicodedata.normalize("NFD", "".join(kept))
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").lower()


def split_words(text: str) -> list[str]:
    """Lower-case words and single punctuation marks, in order."""
    spaced = "".join(f" {c} " if _is_alone(c) else c for c in _clean(text))
    return spaced.split()


class WordPieceTokenizer:
    """Text -> token ids, ``[CLS]`` first and ``[SEP]`` last.

    The vocabulary file has one token per line, its line number being the id.
    """

    def __init__(self, vocabulary_path: Path, longest: int = 256) -> None:
        lines = vocabulary_path.read_text(encoding="utf-8").split("\n")
        self._ids = {token: index for index, token in enumerate(lines) if token}
        self._longest = longest
        self._first, self._last = self._ids["[CLS]"], self._ids["[SEP]"]
        self._unknown = self._ids["[UNK]"]
        self.padding = self._ids["[PAD]"]

    def ids(self, text: str) -> list[int]:
        """At most ``longest`` ids, the two marks included; what is beyond is cut off."""
        pieces = [piece for word in split_words(text) for piece in self._pieces(word)]
        return [self._first, *pieces[: self._longest - 2], self._last]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            end = len(word)
            while end > start and prefix + word[start:end] not in self._ids:
                end -= 1
            if end == start:
                return [self._unknown]
            pieces.append(self._ids[prefix + word[start:end]])
            start = end
        return pieces
