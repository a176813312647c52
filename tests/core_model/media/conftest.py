"""Files of every kind, written when the first test asks for them."""

from __future__ import annotations

import functools

import pytest

from tests.core_model.media.kinds import Kind, write_kind


@pytest.fixture(scope="session")
def kind(tmp_path_factory: pytest.TempPathFactory) -> Kind:
    folder = tmp_path_factory.mktemp("kinds")
    return functools.cache(lambda name: write_kind(folder, name))
