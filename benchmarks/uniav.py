"""UniAV at full size on the processor: python -m benchmarks.uniav [--runs N] [--threads N]

One forward pass of 130.75 million parameters (about half of them active for one task) with
batch 1, from encoder features to logits and offsets, and the post-processing that follows.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from core_model.postprocess import DecodeConfig, decode, suppress
from core_model.timeline import Task
from core_model.uniav import UniAV, load_model_config

LENGTH = 256
TASK = Task.AVEL


class Row(NamedTuple):
    """One line of the table, in milliseconds; ``cpu`` is the processor time of all threads."""

    what: str
    median: float
    best: float
    cpu: float


def timed(what: str, work: Callable[[], object], runs: int) -> Row:
    """``runs`` timed calls after two that are not counted."""
    wall_ms, cpu_ms = [], []
    for run in range(runs + 2):
        started_s, cpu_started_s = time.perf_counter(), time.process_time()
        work()
        if run >= 2:
            wall_ms.append(1000 * (time.perf_counter() - started_s))
            cpu_ms.append(1000 * (time.process_time() - cpu_started_s))
    return Row(what, statistics.median(wall_ms), min(wall_ms), statistics.median(cpu_ms))


def measure(runs: int) -> list[Row]:
    """The rows of the table."""
    torch.manual_seed(0)
    model = UniAV(load_model_config("uniav_at")).eval()
    model.set_text_embeddings(TASK, torch.randn(100, model.config.text_dim))
    visual = torch.randn(1, LENGTH, model.config.visual_dim)
    audio = torch.randn(1, LENGTH, model.config.audio_dim)
    mask = torch.ones(1, LENGTH, dtype=torch.bool)
    prompts = torch.randn(100, model.config.text_dim)
    config = DecodeConfig.for_task(TASK)
    with torch.inference_mode():
        raw = model(visual, audio, mask, TASK)
        features = model.point_features(visual, audio, mask, TASK)
        rows = [
            timed("forward, fp32", lambda: model(visual, audio, mask, TASK), runs),
            timed("100 new prompts, fp32", lambda: model.score(features, prompts), runs),
            timed("decode and soft-NMS", lambda: suppress(decode(raw, config), config), runs),
        ]
        model.bfloat16()
        half = (visual.bfloat16(), audio.bfloat16(), mask, TASK)
        rows.append(timed("forward, bf16 weights", lambda: model(*half), runs))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"UniAV, full size, T = {LENGTH}, batch 1, {arguments.threads} threads")
    print(f"{'':24}{'median ms':>12}{'best ms':>12}{'CPU ms':>12}")
    for row in measure(arguments.runs):
        print(f"{row.what:24}{row.median:12.1f}{row.best:12.1f}{row.cpu:12.1f}")


if __name__ == "__main__":
    main()
