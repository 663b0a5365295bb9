from __future__ import annotations

import pytest

from pipeline.eight_bits import can_pack, eight_bit_linear, use_eight_bits


@pytest.mark.parametrize("packed", [True, False])
def test_a_layer_in_eight_bits_nearly_computes_what_it_did(packed: bool) -> None:
    import torch

    if packed and not can_pack():
        pytest.skip("this processor's torch has no product of eight-bit numbers")
    torch.manual_seed(1)
    layer, inputs = torch.nn.Linear(384, 96), torch.randn(2, 7, 384)
    with torch.inference_mode():
        exact, rounded = layer(inputs), eight_bit_linear(layer, packed=packed)(inputs)
    assert rounded.shape == exact.shape
    assert 0 < float((rounded - exact).abs().max()) < 0.05 * float(exact.abs().max())


def test_a_token_is_computed_alike_whatever_stands_beside_it() -> None:
    import torch

    torch.manual_seed(2)
    layer, inputs = eight_bit_linear(torch.nn.Linear(64, 8), packed=can_pack()), torch.randn(5, 64)
    with torch.inference_mode():
        beside = layer(torch.cat([inputs, 1000 * torch.randn(3, 64), torch.zeros(1, 64)]))
        assert torch.equal(beside[:5], layer(inputs))
        assert torch.isfinite(beside).all()


def test_both_ways_of_computing_agree() -> None:
    import torch

    if not can_pack():
        pytest.skip("this processor's torch has no product of eight-bit numbers")
    torch.manual_seed(3)
    layer, inputs = torch.nn.Linear(384, 96), 50 * torch.randn(20, 384)
    with torch.inference_mode():
        fast, plain = (eight_bit_linear(layer, packed=packed)(inputs) for packed in (True, False))
    step = float(
        inputs.abs().max() / 127 * layer.weight.detach().abs().max()
    )  # an input on the edge may round either way
    assert float((fast - plain).abs().max()) <= step


def test_every_linear_layer_of_a_model_is_replaced() -> None:
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(4, 2)))
    use_eight_bits(model)
    assert not any(isinstance(module, torch.nn.Linear) for module in model.modules())
    assert model(torch.zeros(3, 4)).shape == (3, 2)
