from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.media.orientation import (
    UPRIGHT,
    Orientation,
    displayed_size_px,
    from_display_matrix,
)

ONE = 1 << 16


def _matrix(a: int, b: int, c: int, d: int) -> np.ndarray:
    return np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], np.int32)


def _moved_by_matrix(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Every pixel is carried to where the matrix says, then the picture is shifted into view."""
    a, b, c, d = (int(matrix[place]) // ONE for place in (0, 1, 3, 4))
    places = {
        (a * x + c * y, b * x + d * y): image[y, x]
        for y in range(image.shape[0])
        for x in range(image.shape[1])
    }
    left, top = (min(place[axis] for place in places) for axis in (0, 1))
    width, height = (max(place[axis] for place in places) for axis in (0, 1))
    moved = np.zeros((height - top + 1, width - left + 1), image.dtype)
    for (x, y), value in places.items():
        moved[y - top, x - left] = value
    return moved


@pytest.mark.parametrize("sign_1", [-1, 1])
@pytest.mark.parametrize("sign_2", [-1, 1])
@pytest.mark.parametrize("swapped", [False, True])
def test_every_right_angled_matrix_moves_pixels_where_it_says(
    sign_1: int, sign_2: int, swapped: bool
) -> None:
    first, second = sign_1 * ONE, sign_2 * ONE
    matrix = _matrix(0, first, second, 0) if swapped else _matrix(first, 0, 0, second)
    image = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(
        from_display_matrix(matrix).apply(image), _moved_by_matrix(image, matrix)
    )


def test_a_tilted_matrix_is_taken_to_the_nearest_quarter_turn() -> None:
    tilted = _matrix(round(0.17 * ONE), round(0.98 * ONE), round(-0.98 * ONE), round(0.17 * ONE))
    assert from_display_matrix(tilted) == Orientation(quarter_turns=1)


def test_a_matrix_without_area_means_upright() -> None:
    assert from_display_matrix(np.zeros(9, np.int32)) == UPRIGHT


@given(st.booleans(), st.integers(0, 3))
def test_colours_stay_with_their_pixels(mirrored: bool, turns: int) -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    applied = Orientation(mirrored, turns).apply(image)
    assert applied.flags.c_contiguous
    assert {tuple(pixel) for pixel in applied.reshape(-1, 3)} == {
        tuple(pixel) for pixel in image.reshape(-1, 3)
    }


@pytest.mark.parametrize(
    ("aspect", "turns", "size_px"),
    [
        (None, 0, (64, 48)),
        (Fraction(4, 3), 0, (85, 48)),
        (Fraction(1, 2), 0, (64, 96)),
        (Fraction(4, 3), 1, (48, 85)),
        (Fraction(1000), 0, (64, 48)),
        (Fraction(0), 0, (64, 48)),
    ],
)
def test_displayed_size(aspect: Fraction | None, turns: int, size_px: tuple[int, int]) -> None:
    assert displayed_size_px(64, 48, aspect, Orientation(quarter_turns=turns)) == size_px
