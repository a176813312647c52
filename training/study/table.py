"""The study as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core_model.timeline import Task
from training.study.runs import RunResult
from training.study.variants import PAPER_ORDER, VARIANTS


def table(found: Iterable[RunResult]) -> str:
    """Mean and sample standard deviation over seeds of the average mAP in per cent, by row and
    task, beside the number of parameters here and of the published size."""
    found = list(found)
    tasks = [str(task) for task in Task if any(str(task) in one.average for one in found)]
    lines = [
        f"| row | {' | '.join(task.upper() for task in tasks)} | parameters | in the paper |",
        f"| --- |{' --- |' * (len(tasks) + 2)}",
    ]
    for variant in VARIANTS:
        mine = [one for one in found if one.variant == variant.name]
        if mine:
            cells = [_cell(scores_of(mine, variant.name, task)) for task in tasks]
            models = {tuple(one.average): one.parameters for one in mine}
            count = f"{sum(models.values()) / 1e6:.2f}M"
            row = (variant.name, *cells, count, variant.paper_parameters)
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def scores_of(found: Sequence[RunResult], variant: str, task: str) -> list[float]:
    """Average mAP of a row, a number for each seed."""
    return [o.average[task] for o in found if o.variant == variant and task in o.average]


def order_lines(found: Sequence[RunResult]) -> list[str]:
    """For every task whether the means stand in the paper's order, and where they do not."""
    lines = []
    for task in Task:
        means = {name: scores_of(found, name, str(task)) for name in PAPER_ORDER}
        if not all(means.values()):
            continue
        order = sorted(PAPER_ORDER, key=lambda name: float(np.mean(means[name])))
        holds = tuple(order) == PAPER_ORDER
        lines.append(
            f"{task}: {' < '.join(order)}: {'as in' if holds else 'not'} the paper's order"
        )
    return lines


def _cell(scores: Sequence[float]) -> str:
    if not scores:
        return ""
    mean = f"{100 * np.mean(scores):.1f}"
    return mean if len(scores) == 1 else f"{mean} ± {100 * np.std(scores, ddof=1):.1f}"
