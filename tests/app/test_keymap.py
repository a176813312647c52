"""Keys as people want them: no key twice, refusals by name, presets that are whole."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from app.actions import ACTIONS
from app.keymap import PRESETS, Keymap, KeyTakenError, normal, preset

SPECS = {spec.id: spec for spec in ACTIONS}
KEYS = st.sampled_from(["M", "B", "F7", "Ctrl+Alt+Q", "Down", "Tab", "1", "Ctrl+Z", "", "Shift+F5"])


def all_keys(keymap: Keymap) -> list[str]:
    return [normal(key) for spec in ACTIONS for key in keymap.binding(spec).all]


def test_a_taken_key_is_refused_with_the_owners_name(qapp: QApplication) -> None:
    keymap = Keymap()
    with pytest.raises(KeyTakenError, match="M belongs to “Mute”"):
        keymap.assign("segment_split", "m")
    with pytest.raises(KeyTakenError, match="Start or Stop Label 3"):
        keymap.assign("segment_split", "3")
    keymap.label_owner = lambda key: "dog" if key == "F7" else ""
    with pytest.raises(KeyTakenError, match="belongs to the label “dog”"):
        keymap.assign("segment_split", "F7")
    assert keymap.stored() == {}


def test_what_was_assigned_is_remembered_and_taken_back(qapp: QApplication) -> None:
    keymap = Keymap()
    keymap.assign("segment_split", "F7")
    keymap.remove("segment_split", "B")
    assert keymap.binding(SPECS["segment_split"]).all == ("F7",)
    assert Keymap(keymap.stored()).stored() == keymap.stored()
    keymap.assign("mute", "B")
    with pytest.raises(KeyTakenError, match="B belongs to “Mute” now"):
        keymap.reset("segment_split")
    keymap.reset("mute")
    keymap.reset("segment_split")
    assert keymap.stored() == {}


def test_keys_that_lists_need_stay_in_the_timeline(qapp: QApplication) -> None:
    keymap = Keymap()
    keymap.remove("segment_delete", "Delete")
    keymap.assign("mute", "Delete")
    assert keymap.binding(SPECS["mute"]).keys == ("M",)
    assert keymap.binding(SPECS["mute"]).timeline_keys == (normal("Delete"),)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_use_no_key_twice_and_leave_no_action_without_one(
    qapp: QApplication, name: str
) -> None:
    keymap = Keymap()
    keymap.use_preset(name)
    assert max(Counter(all_keys(keymap)).values()) == 1
    assert all(all_keys(keymap)), "every key is one that Qt knows"
    assert preset(name).keys() <= SPECS.keys()
    meant = {action_id for action_id, keys in preset(name).items() if not keys}
    for spec in ACTIONS:
        if spec.keys or spec.timeline_keys:
            assert keymap.binding(spec).all or spec.id in meant, spec.id
    for action_id, keys in preset(name).items():
        bound = {normal(key) for key in keymap.binding(SPECS[action_id]).all}
        assert bound == {normal(key) for key in keys}, action_id


def test_the_first_preset_is_the_table(qapp: QApplication) -> None:
    keymap = Keymap()
    keymap.use_preset("via")
    assert keymap.stored()
    keymap.use_preset("avscope")
    assert keymap.stored() == {}


@given(
    changes=st.lists(st.tuples(st.sampled_from(sorted(SPECS)), KEYS, st.booleans()), max_size=20)
)
@example(changes=[("segment_delete", "F7", True)])
def test_no_change_gives_a_key_to_two(changes: list[tuple[str, str, bool]]) -> None:
    keymap = Keymap()
    for action_id, key, adds in changes:
        try:
            if adds:
                keymap.assign(action_id, key)
            else:
                keymap.remove(action_id, key)
        except KeyTakenError:
            continue
    assert max(Counter(all_keys(keymap)).values()) == 1
    again = Keymap(keymap.stored())
    assert [again.binding(spec) for spec in ACTIONS] == [keymap.binding(spec) for spec in ACTIONS]


@given(
    stored=st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["mute", "play", "x"]), inner, max_size=3)
        ),
    )
)
def test_settings_that_make_no_sense_do_no_harm(stored: object) -> None:
    assert max(Counter(all_keys(Keymap(stored))).values()) == 1
