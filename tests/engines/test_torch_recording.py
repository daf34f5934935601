"""What PyTorch records runs as the function itself does, however often and on whatever values."""

import numpy as np
import pytest
from conftest import ENGINE

if ENGINE != "torch":
    pytest.skip("recordings of PyTorch", allow_module_level=True)

import torch

from kompat import engines
from kompat.engines.torch_recording import record

ATEN = torch.ops.aten


def _written_constant(x):
    zeros = torch.zeros_like(x)
    zeros.add_(x)
    return zeros


def _constant_written_through_a_view(x):
    zeros = torch.zeros_like(x)
    zeros[0].add_(x[1])
    return zeros + x


def _view_of_a_written_constant(x):
    zeros = torch.zeros_like(x)
    row = zeros[0]
    zeros.add_(x)
    return row * 1


FUNCTIONS = {
    "constant": lambda x: -torch.ones_like(x).div(4),
    "constant beside values": lambda x: x * torch.full_like(x, 3.0).sum(0) + torch.ones(3),
    "spread constant": lambda x: torch.ones_like(x[0, 0]).expand(2, 3) * x,
    "sorted constant": lambda x: torch.sort(torch.arange(3.0), descending=True)[0] * x,
    "large constant": lambda x: torch.ones_like(x.repeat(200, 200)).sum() + x,
    "written constant": _written_constant,
    "constant written through a view": _constant_written_through_a_view,
    "view of a written constant": _view_of_a_written_constant,
    "scaled sum": lambda x: ATEN.add.Scalar(x, 2, 3),
    "scaled difference": lambda x: ATEN.sub.Scalar(x, 2, 3) - torch.sub(x, x * 2, alpha=4),
    "reductions": lambda x: x.sum((0, 1), keepdim=True) + x.mean(1, keepdim=True) + x.amax(0),
    "sums of other dtypes": lambda x: x.sum(dtype=torch.float64) + x.mean(0, dtype=torch.float64),
    "quotients": lambda x: torch.div(x, 2, rounding_mode="floor") + x.div(3) + 2 / x,
    "powers": lambda x: x**2 + 2**x + x**x,
    "choices": lambda x: torch.where(x > 1, x, 0.0) + x.masked_fill(x.le(2), 7.0),
    "shapes": lambda x: torch.cat([x.t()[None], x.reshape(1, 3, 2)], 1).squeeze(0).permute(1, 0),
    "joined": lambda x: torch.addmm(x[:, :2], x, x.t(), beta=2.0, alpha=0.5),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_recording_computes_what_the_function_computes(name, dtype):
    function = FUNCTIONS[name]
    recording = record(function, [torch.ones(2, 3, dtype=dtype)])
    for seed in range(3):
        x = torch.rand(2, 3, generator=torch.Generator().manual_seed(seed)).add(0.5).to(dtype)
        expected, got = function(x.clone()), recording.run(x)
        assert got.dtype == expected.dtype
        assert torch.equal(got, expected)
    assert not recording.writes_arguments


@pytest.mark.parametrize("write", [lambda x: x.mul_(2), lambda x: x.chunk(2, 1)[0].zero_()])
def test_a_recording_tells_whether_it_writes_to_its_arguments(write):
    assert record(write, [torch.ones(2, 3)]).writes_arguments


def test_a_tensor_of_the_surroundings_is_read_in_each_run():
    held = torch.ones(3)
    recording = record(lambda x: x + (-held).exp(), [torch.ones(3)])
    held.fill_(2.0)
    np.testing.assert_allclose(recording.run(torch.zeros(3)), np.exp([-2.0] * 3), rtol=1e-6)


def test_a_draw_is_another_one_in_each_run():
    recording = record(lambda x: x + torch.rand(3), [torch.ones(3)])
    assert not torch.equal(recording.run(torch.ones(3)), recording.run(torch.ones(3)))


def test_a_large_constant_is_not_kept():
    recording = record(lambda x: torch.zeros_like(x) + x.sum(), [torch.ones(200, 200)])
    kept = [x for x in recording.run.__closure__ if isinstance(x.cell_contents, list)]
    assert [x.cell_contents for x in kept] == [[]]


def test_a_function_that_asks_for_a_value_is_not_recorded():
    with pytest.raises(Exception, match="data-dependent"):
        record(lambda x: x * 2 if x.sum() > 0 else x, [torch.ones(3)])


def _fails(*args, **kwargs):
    raise AttributeError("PyTorch has it no more")


@pytest.mark.parametrize("part", ["make_fx", "_compute_constants", "_drop_source"])
def test_a_function_runs_at_once_where_recording_fails(K, part, monkeypatch):
    monkeypatch.setattr(f"kompat.engines.torch_recording.{part}", _fails)
    engines.current.uncompiled.clear()
    x, v = K.placeholder((2,)), K.variable([1.0, 2.0])
    f = K.function([x], [K.sum(x * v)], updates=[(v, v + x)])
    found = [f([np.array([1.0, 1.0])])[0] for _ in range(3)]
    assert found == [3.0, 5.0, 7.0]
    np.testing.assert_array_equal(K.get_value(v), [4.0, 5.0])
    assert list(engines.current.uncompiled) == ["AttributeError: PyTorch has it no more"]


def test_why_a_function_was_not_compiled_is_kept(K):
    engines.current.uncompiled.clear()
    x = K.placeholder((None,))
    f = K.function([x], [K.dropout(x, 0.5)])
    assert not np.array_equal(f([np.ones(64)])[0], f([np.ones(64)])[0])
    (reason,) = engines.current.uncompiled
    assert "data-dependent" in reason
    assert "\n" not in reason
