"""One training stage: AdamW, warm-up and cosine, averaged weights, resumable."""

from __future__ import annotations

import copy
import math
import queue
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core_model.device import choose_device
from training.optimisation import average_into, parameter_groups


@dataclass(frozen=True)
class StageOptions:
    """How long and how fast a stage learns."""

    steps: int
    learning_rate: float
    weight_decay: float = 0.05
    warm_up: int = 200
    average: float = 0.998
    clip_norm: float = 5.0
    save_every: int = 500
    seed: int = 1
    most_minutes: float = math.inf


class OutOfTimeError(Exception):
    """A stage has used up its time; its state is kept, and the next call goes on there."""


def run_stage(
    name: str,
    model: nn.Module,
    batches: Generator[Any],
    loss_of: Callable[[nn.Module, Any, float], Tensor],
    options: StageOptions,
    folder: Path,
    *,
    evaluate: Callable[[nn.Module], str] | None = None,
    device: torch.device | None = None,
    initial: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    """Train ``model`` for ``options.steps`` steps and return its weights averaged over steps.

    ``loss_of(model, batch, progress)`` gives the loss; ``progress`` runs from 0 to 1. The state
    lies in ``folder/name.pt`` at the start and after every ``save_every`` steps, and a later call
    goes on there. ``initial`` holds weights to begin with; without steps they are kept as they are.
    Raises OutOfTimeError after ``options.most_minutes``.
    """
    device = device or torch.device("cpu")
    if initial is not None:
        model.load_state_dict(initial)
    model = model.to(device)
    groups = parameter_groups(model, options.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=options.learning_rate)
    averaged = copy.deepcopy(model)
    state_path = folder / f"{name}.pt"
    first_step = _resume(state_path, model, averaged, optimizer)
    if first_step == 0:
        _save(state_path, 0, model, averaged, optimizer)
    started, running = time.monotonic(), math.nan
    model.train()
    with closing(batches):
        for step in range(first_step, options.steps):
            for group in optimizer.param_groups:
                group["lr"] = options.learning_rate * _rate(step, options)
            with quick_precision(device):
                loss = loss_of(model, next(batches), step / options.steps)
            _descend(model, optimizer, loss, options)
            average_into(averaged, model, min(options.average, (step + 1) / (step + 10)))
            running = loss.item() if math.isnan(running) else 0.98 * running + 0.02 * loss.item()
            done, spent_s = step + 1 - first_step, time.monotonic() - started
            if done % 50 == 0:
                left_minutes = spent_s / 60 / done * (options.steps - step - 1)
                at = f"step {step + 1} of {options.steps}"
                _say(f"{name}: {at}, loss {running:.4f}, {left_minutes:.1f} min left")
            ends = step + 1 == options.steps
            late = spent_s > 60 * options.most_minutes and not ends
            if ends or late or (step + 1) % options.save_every == 0:
                _save(state_path, step + 1, model, averaged, optimizer)
                if late:
                    raise OutOfTimeError(
                        f"{name}: stopped after step {step + 1} of {options.steps}"
                    )
                if evaluate:
                    _say(f"{name}: step {step + 1}: {evaluate(averaged.eval())}")
    return averaged.eval()


def _descend(
    model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, options: StageOptions
) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), options.clip_norm)
    optimizer.step()


def quick_precision(device: torch.device) -> torch.autocast:
    """Autocast to the type in which the device multiplies fastest; off where that is float32."""
    fastest = choose_device(device.type).encoder_type
    return torch.autocast(device.type, dtype=fastest, enabled=fastest is not torch.float32)


def in_background(make_batch: Callable[[], Any], *, ahead: int = 3) -> Generator[Any]:
    """Batches made in a thread beside the training, at most ``ahead`` of them waiting.

    What goes wrong in the thread is raised here; closing the iterator ends the thread.
    """
    ready: queue.Queue[Any] = queue.Queue(ahead)
    ended = threading.Event()

    def offer(item: Any) -> None:
        while not ended.is_set():
            try:
                ready.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def fill() -> None:
        try:
            while not ended.is_set():
                offer(make_batch())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that trains
            offer(error)

    thread = threading.Thread(target=fill, name="batches", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        ended.set()
        thread.join()


def sharpness(path: Path) -> float:
    """How sharply the model saved in ``path`` compares embeddings with anchors."""
    state = torch.load(path, weights_only=True)
    return float(state["averaged"]["log_scale"].exp())


def _rate(step: int, options: StageOptions) -> float:
    if step < options.warm_up:
        return (step + 1) / options.warm_up
    progress = (step - options.warm_up) / max(1, options.steps - options.warm_up)
    return 0.5 * (1 + math.cos(math.pi * progress)) + 1e-3


def _save(
    path: Path, step: int, model: nn.Module, averaged: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "step": step,
            "model": model.state_dict(),
            "averaged": averaged.state_dict(),
            "optimizer": optimizer.state_dict(),
        },
        partial,
    )
    partial.replace(path)


def _resume(
    path: Path, model: nn.Module, averaged: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    averaged.load_state_dict(state["averaged"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)
