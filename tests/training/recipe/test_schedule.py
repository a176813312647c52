"""Learning rate and stop-and-go, by hand and against the authors' traces where they are at hand."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from tests.core_model.uniav.reference import AUTHORS_MISC
from training.recipe.schedule import StopAndGo, WarmUpCosine


def test_rate_warms_up_and_falls_to_the_end():
    schedule = WarmUpCosine(1e-3, warm_up=20, rounds=70)
    rates = [schedule.rate(index) for index in range(71)]
    assert rates[0] == 0.0
    assert rates[19] == rates[20] == 1e-3
    assert rates[45] == pytest.approx(5e-4, rel=1e-4)
    assert rates[70] == pytest.approx(1e-8)
    assert all(a <= b for a, b in pairwise(rates[:20]))
    assert all(a >= b for a, b in pairwise(rates[20:]))


@pytest.mark.parametrize(
    ("metrics", "stopped"),
    [
        ([0.3, 0.3, 0.3, 0.3], [False, False, True, True]),
        ([0.3, 0.2, 0.1, 0.05, 0.01], [False, False, True, False, False]),
        ([0.1, 0.2, 0.3, 0.4], [False] * 4),
        ([0.0, 0.0, 0.0, 0.1], [False, False, True, True]),
    ],
)
def test_a_task_stops_when_it_learns_nothing_and_goes_on_when_it_forgets(metrics, stopped):
    control = StopAndGo()
    assert [control.step(metric) for metric in metrics] == stopped


def test_a_stopped_task_trains_in_every_fourth_round():
    control = StopAndGo(stopped=True)
    assert [index for index in range(9) if control.trains_in(index)] == [0, 4, 8]
    control.stopped = False
    assert control.trains_in(3)


def test_state_goes_on_where_it_was():
    metrics = [0.3, 0.3, 0.3, 0.25, 0.2, 0.31]
    whole, first, second = StopAndGo(), StopAndGo(), StopAndGo()
    expected = [whole.step(metric) for metric in metrics]
    found = [first.step(metric) for metric in metrics[:3]]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert found + [second.step(metric) for metric in metrics[3:]] == expected
    assert math.isinf(StopAndGo().best)


@pytest.mark.skipif(not AUTHORS_MISC.is_file(), reason="the authors' traces are not at hand")
def test_both_equal_the_recorded_traces():
    with np.load(AUTHORS_MISC) as archive:
        rates = archive["lr_schedule"]
        meta = json.loads(archive["meta"].tobytes())
    about = meta["lr"]
    schedule = WarmUpCosine(about["base"], about["warmup"], about["max"])
    found = [schedule.rate(index) for index in range(len(rates))]
    np.testing.assert_allclose(found, rates, rtol=1e-9, atol=1e-15)
    for metrics, stopped in meta["stop_go"]:
        control = StopAndGo()
        assert [control.step(metric) for metric in metrics] == stopped
