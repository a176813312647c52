"""What two models find differently: pairs of events, and what became of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.improve.changes import Change, changes, visible
from core_model.timeline import Detection, Task
from tests.tiny_bundle import tiny_description

S = 1_000_000


def found(label: str, onset_s: float, offset_s: float, score: float = 0.9) -> Detection:
    return Detection(Task.SED, label, round(onset_s * S), round(offset_s * S), score)


def words(result: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.shown.label, change.word) for change in result]


def test_events_are_new_gone_moved_or_the_same() -> None:
    before = (found("dog", 0, 2), found("dog", 5, 6), found("siren", 8, 10))
    after = (found("dog", 0.05, 2.05), found("siren", 8, 9.5), found("cat", 5, 6))
    assert words(changes(before, after)) == [
        ("dog", "same"),
        ("cat", "new"),
        ("dog", "gone"),
        ("siren", "moved"),
    ]


def test_each_event_is_paired_once_with_the_one_that_fits_best() -> None:
    before = (found("dog", 0, 10),)
    after = (found("dog", 0, 6), found("dog", 0, 9))
    result = changes(before, after)
    assert words(result) == [("dog", "new"), ("dog", "moved")]
    assert result[1].after == after[1]


def test_only_what_a_model_shows_counts() -> None:
    description = tiny_description()
    shown = visible(
        (
            found("dog barking", 0, 1, 0.41),
            found("dog barking", 1, 2, 0.39),
            # A label with a threshold of its own.
            found("siren", 2, 3, 0.59),
            found("siren", 3, 4, 0.61),
        ),
        description,
    )
    assert [each.onset_us for each in shown] == [0, 3 * S]


DETECTIONS = st.lists(
    st.builds(
        lambda task, label, onset, length, score: Detection(
            task, label, onset, onset + length, score
        ),
        st.sampled_from(tuple(Task)),
        st.sampled_from(("a", "b")),
        st.integers(0, 20 * S),
        st.integers(1, 5 * S),
        st.floats(0, 1),
    ),
    max_size=12,
)


@given(DETECTIONS, DETECTIONS)
def test_nothing_is_lost_or_invented(before: list[Detection], after: list[Detection]) -> None:
    result = changes(before, after)
    key = lambda each: (each.task, each.label, each.onset_us, each.offset_us, each.score)  # noqa: E731
    assert sorted((c.before for c in result if c.before), key=key) == sorted(before, key=key)
    assert sorted((c.after for c in result if c.after), key=key) == sorted(after, key=key)
    for change in result:
        if change.before is not None and change.after is not None:
            assert change.before.task is change.after.task
            assert change.before.label == change.after.label


@given(DETECTIONS)
def test_a_model_beside_itself_changes_nothing(found_: list[Detection]) -> None:
    distinct = list(dict.fromkeys(found_))
    assert all(change.word == "same" for change in changes(distinct, distinct))
