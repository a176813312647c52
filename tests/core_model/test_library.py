"""Which encodings are taken from the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core_model.cache import EncodingCache, Encodings
from core_model.library import Library
from core_model.media.probe import probe
from core_model.timeline import SnippetGrid
from tests.joined_media import three_parts


def test_encodings_of_the_first_recordings_only_are_not_those_of_a_joined_file(
    tmp_path: Path,
) -> None:
    info = probe(three_parts(tmp_path / "three.ts"))
    library = Library(EncodingCache(tmp_path / "cache"), ("eye", "ear"))
    media_hash = library.media_hash(info.path)
    grid = SnippetGrid(info.start_us)
    for end_us, is_whole in ((info.joints_us[0], False), (info.end_us, True)):
        embeddings = np.zeros((grid.snippet_count(end_us), 4), np.float16)
        library.store(media_hash, Encodings(grid, end_us, embeddings, embeddings))
        assert (library.load(media_hash, info) is not None) == is_whole
