"""Where the model runs: the graphics card when there is one, else the processor."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

CHOICES = ("auto", "cpu", "cuda", "mps")


class DeviceError(Exception):
    """A device that was asked for and is not here."""


@dataclass(frozen=True, slots=True)
class Device:
    """A torch device, its name for people, and the type in which encoders may compute."""

    torch_device: torch.device
    name: str
    encoder_type: torch.dtype

    @contextlib.contextmanager
    def encoding(self) -> Iterator[None]:
        """Run encoders without gradients and in their type; the head always runs in float32,
        because half precision cannot tell neighbouring cells of a long window apart."""
        enabled = self.encoder_type != torch.float32
        autocast = torch.autocast(self.torch_device.type, self.encoder_type, enabled=enabled)
        with torch.inference_mode(), autocast:
            yield


def choose_device(choice: str = "auto") -> Device:
    """``auto`` takes cuda, then mps, then the processor.

    Raises:
        DeviceError: the device is unknown or not here.
    """
    if choice not in CHOICES:
        raise DeviceError(f"device {choice!r}: choose from {', '.join(CHOICES)}")
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if choice == "auto":
        choice = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    if choice == "cuda":
        if not has_cuda:
            raise DeviceError("device cuda: torch finds no CUDA graphics card here")
        return Device(torch.device("cuda"), torch.cuda.get_device_name(), torch.bfloat16)
    if choice == "mps":
        if not has_mps:
            raise DeviceError("device mps: torch finds no Apple graphics processor here")
        return Device(torch.device("mps"), "Apple GPU", torch.float32)
    return Device(torch.device("cpu"), *_processor())


def _processor() -> tuple[str, torch.dtype]:
    """bfloat16 only where the processor has matrix units for it: elsewhere it is the slower."""
    fast = torch.cpu.get_capabilities().get("amx_bf16", False)
    return ("CPU, bfloat16", torch.bfloat16) if fast else ("CPU", torch.float32)
