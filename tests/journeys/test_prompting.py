"""Typing a prompt in the real window, with the model that comes along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.main_window import MainWindow
from app.prompts.prompt_asker import Stage
from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder
from core_model.timeline import Task

MODEL_WAIT_MS = 240_000


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    made = make_window(qapp)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the encoders, once for each time that one is asked."""
    asked: list[str] = []
    for encoder in (StarterVisualEncoder, StarterAudioEncoder):
        embed = encoder.embed

        def counted(self: object, *values: object, _embed=embed, **named: object) -> object:
            asked.append(type(self).__name__)
            return _embed(self, *values, **named)

        monkeypatch.setattr(encoder, "embed", counted)
    return asked


@pytest.mark.timeout(600)
def test_a_prompt_gets_a_lane_and_no_encoder_is_asked_again(
    window: MainWindow, qtbot: QtBot, encodings: list[str]
) -> None:
    window.actions_by_id["open_sample"].trigger()
    qtbot.waitUntil(
        lambda: window.session.media is not None and not window.detection.is_running,
        timeout=MODEL_WAIT_MS,
    )
    assert set(encodings) == {"StarterVisualEncoder", "StarterAudioEncoder"}
    encodings.clear()
    window.actions_by_id["prompt"].trigger()
    panel = window.prompts.panel
    panel.kinds.set_chosen(frozenset({Task.SED}))
    qtbot.keyClicks(panel.field, "a person speaking, kettle whistle")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.prompts.asker.stage is Stage.IDLE, timeout=MODEL_WAIT_MS)
    lanes = window.prompts.lanes_pane.lanes
    assert [lane.spec.name for lane in lanes] == ["a person speaking", "kettle whistle"]
    assert all(len(lane.curve.values) for lane in lanes)
    speaking = max(lanes[0].hits, key=lambda hit: hit.score)
    # From 15.87 s to 20.95 s somebody speaks in the sample.
    assert speaking.onset_us < 18_000_000 < speaking.offset_us
    window.view_state.set_playhead(18_000_000)
    told = [found.label for found in window.session.over_picture_at(18_000_000)]
    assert "a person speaking" in told
    assert window.prompts.lanes_pane.isVisible()
    row = panel.rows[0]
    row.slider.setValue(100)
    assert window.prompts.lanes_pane.lanes[0].hits == ()
    assert encodings == []
