"""A model's linear layers in eight bits: about half the time, and nearly the same numbers.

Torch's own dynamic quantisation takes one scale for a whole batch, so that what is said of one text would depend on
what is read beside it. Here each token has its own scale; sums are of integers, hence exact in whatever order. torch is
imported when a model is changed, not before.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# A product of two numbers of eight bits, twice, overflows the sixteen bits in which processors without VNNI add them
# up. Weights get by on seven bits better than what flows between the layers.
WEIGHT_STEPS = 63
INPUT_STEPS = 127
SMALLEST = 1e-9  # keeps a row of zeros from being divided by zero


def use_eight_bits(model: torch.nn.Module) -> None:
    """Replace every linear layer of a model, in place: weights by output row, inputs by token, symmetrical.

    Where torch cannot multiply in eight bits on this processor, the same numbers are computed in 32, at their speed.
    """
    import torch  # noqa: PLC0415 - only reading sentiment pays for loading it

    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.Linear):
                setattr(module, name, eight_bit_linear(child, packed=can_pack()))


def can_pack() -> bool:
    """Tell whether this build of torch, on this processor, multiplies matrices of eight-bit numbers (FBGEMM)."""
    import torch  # noqa: PLC0415

    engines = torch.backends.quantized
    has_product = hasattr(torch.ops.quantized, "linear_with_input_q_dq_qweight_dq_output_fp32")
    return has_product and engines.engine in {"x86", "fbgemm"} and "fbgemm" in engines.supported_engines


def eight_bit_linear(layer: torch.nn.Linear, *, packed: bool) -> torch.nn.Module:
    """Return a module that computes what a linear layer does, with weights and inputs rounded.

    Args:
        layer: With a bias; inputs [..., inputs] give [..., outputs].
        packed: By FBGEMM's integers; else by floats that hold the same integers.
    """
    import torch  # noqa: PLC0415

    weight, bias = layer.weight.detach(), layer.bias.detach()
    steps = (weight.abs().amax(dim=1) / WEIGHT_STEPS).clamp_min(SMALLEST)
    product = _packed(weight, steps) if packed else _unpacked(weight, steps)

    class EightBitLinear(torch.nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            rows = inputs.reshape(-1, inputs.shape[-1])
            largest = rows.abs().amax(dim=1, keepdim=True).clamp_min(SMALLEST)
            return torch.addcmul(bias, product(rows / largest), largest).reshape(*inputs.shape[:-1], len(bias))

    return EightBitLinear()


def _packed(weight: torch.Tensor, steps: torch.Tensor) -> Any:
    import torch  # noqa: PLC0415

    with warnings.catch_warnings():  # the type will go in some later torch; `can_pack` will then say so
        warnings.simplefilter("ignore")
        zeros = torch.zeros(len(steps), dtype=torch.long)
        rounded = torch.quantize_per_channel(weight, steps.double(), zeros, 0, torch.qint8)
        kept = torch.ops.quantized.linear_prepack(rounded, None)
    multiply = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32
    return lambda rows: multiply(rows, 1 / INPUT_STEPS, INPUT_STEPS + 1, kept)


def _unpacked(weight: torch.Tensor, steps: torch.Tensor) -> Any:
    import torch  # noqa: PLC0415

    whole = torch.round(weight / steps[:, None])
    return lambda rows: torch.round(rows * INPUT_STEPS) @ whole.T * (steps / INPUT_STEPS)
