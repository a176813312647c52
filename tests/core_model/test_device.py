"""The device that is taken is one that is here."""

import pytest
import torch

from core_model.device import DeviceError, choose_device


def test_the_choice_of_a_device(monkeypatch):
    assert choose_device("cpu").torch_device.type == "cpu"
    assert "CPU" in choose_device("cpu").name
    with pytest.raises(DeviceError, match="choose from"):
        choose_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto").torch_device.type == "cpu"
    for absent in ("cuda", "mps"):
        with pytest.raises(DeviceError, match=absent):
            choose_device(absent)


def test_encoders_run_without_gradients_in_their_type():
    device = choose_device("cpu")
    with device.encoding():
        product = torch.ones(2, 2, requires_grad=True) @ torch.ones(2, 2)
    assert not product.requires_grad
    assert product.dtype == device.encoder_type
