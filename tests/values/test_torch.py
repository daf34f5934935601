"""PyTorch: writes keep the object and tell autograd; reads take every kind of tensor."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import ml_dtypes
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat.errors import ImmutableValueError, SymbolicValueError, UnavailableValueError

torch = framework("torch")
get_value, set_value = kompat.get_value, kompat.set_value


def identity(x):
    """All that a write must keep."""
    return id(x), x.data_ptr(), x.stride(), x.dtype, x.device, x.requires_grad, x.is_leaf, x.grad_fn


WRITABLE = {
    "tensor": lambda: torch.zeros(2, 3),
    "requires_grad": lambda: torch.zeros(2, 3, requires_grad=True),
    "parameter": lambda: torch.nn.Parameter(torch.zeros(2, 3)),
    "buffer": lambda: torch.nn.Buffer(torch.zeros(2, 3)),
    "subclass": lambda: type("Weight", (torch.nn.Parameter,), {})(torch.zeros(2, 3)),
    "transposed": lambda: torch.zeros(3, 2).t(),
    "channels_last": lambda: torch.zeros(1, 3, 2, 3).contiguous(memory_format=torch.channels_last),
    "every other column": lambda: torch.zeros(2, 6)[:, ::2],
    "non-leaf": lambda: torch.zeros(2, 3, requires_grad=True).exp(),
    "empty expanded": lambda: torch.zeros(1, 0).expand(2, 0),
}


@pytest.mark.parametrize("make", WRITABLE.values(), ids=WRITABLE)
def test_a_write_keeps_the_object_and_its_place_in_memory(make):
    x = make()
    before = identity(x)
    expected = np.arange(x.numel(), dtype=np.float32).reshape(x.shape) + 1
    set_value(x, expected)
    assert identity(x) == before
    assert x.tolist() == expected.tolist()
    np.testing.assert_array_equal(get_value(x), expected)


def test_a_write_through_a_view_reaches_its_base():
    base = torch.zeros(2, 4)
    set_value(base.t()[1:3], [[1, 2], [3, 4]])
    assert base.tolist() == [[0, 1, 3, 0], [0, 2, 4, 0]]


def test_a_0d_tensor_reads_as_a_scalar():
    x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    set_value(x, 1 / 3)
    assert x.item() == 1 / 3
    assert type(get_value(x)) is np.float64


def test_the_optimizer_keeps_its_state_and_trains_on():
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([parameter], lr=0.5)

    def step():
        optimizer.zero_grad()
        (parameter**2).sum().backward()
        optimizer.step()

    step()
    moment = optimizer.state[parameter]["exp_avg"].clone()
    set_value(parameter, [3.0, 3.0, 3.0])
    assert torch.equal(optimizer.state[parameter]["exp_avg"], moment)
    step()
    # Adam by hand: gradients 2 and 6, learning rate .5, betas .9 and .999.
    mean = (0.9 * 0.1 * 2 + 0.1 * 6) / (1 - 0.9**2)
    square = (0.999 * 0.001 * 4 + 0.001 * 36) / (1 - 0.999**2)
    np.testing.assert_allclose(get_value(parameter), 3 - 0.5 * mean / square**0.5, rtol=1e-6)


def test_buffers_of_modules():
    norm = torch.nn.BatchNorm1d(2).eval()
    set_value(norm.running_mean, [10.0, 20.0])
    set_value(norm.num_batches_tracked, 7)
    assert norm.state_dict()["running_mean"].tolist() == [10, 20]
    assert get_value(norm.num_batches_tracked) == np.int64(7)
    np.testing.assert_allclose(norm(torch.tensor([[11.0, 18.0]])).tolist(), [[1, -2]], rtol=1e-4)


def test_tied_weights_stay_tied():
    first, second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    second.weight = first.weight
    set_value(second.weight, [[1, 2], [3, 4]])
    assert second.weight is first.weight
    assert first.weight.tolist() == [[1, 2], [3, 4]]


def test_autograd_refuses_a_backward_pass_through_values_that_are_gone():
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    version = x._version
    set_value(x, [5.0, 5.0])
    assert x._version == version + 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_neither_a_read_nor_a_write_is_recorded_by_autograd():
    x = torch.ones(2, requires_grad=True)
    set_value(x, get_value(x) * 3)
    (x * 2).sum().backward()
    assert x.is_leaf
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize("source", ["requires_grad", "non-leaf", "parameter", "itself"])
def test_values_given_as_tensors(source):
    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    x = torch.zeros(2, requires_grad=True)
    values = {
        "requires_grad": leaf,
        "non-leaf": leaf * 1,
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        "itself": x,
    }
    set_value(x, values[source])
    assert x.grad_fn is None
    assert x.tolist() == ([0, 0] if source == "itself" else [1, 2])


def test_two_tensors_swap_their_values_in_one_batch():
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    kompat.batch_set_value([(a, b), (b, a)])
    assert (a.tolist(), b.tolist()) == ([3, 4], [1, 2])


@pytest.mark.parametrize("context", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_gradient_modes_do_not_matter(context):
    x = torch.ones(2, requires_grad=True)
    with context():
        set_value(x, get_value(x) + 1)
        np.testing.assert_array_equal(get_value(x), [2, 2])
    (x**3).sum().backward()
    assert x.grad.tolist() == [12, 12]


def test_conjugated_and_negated_views():
    x = torch.tensor([1 + 2j, 3 - 4j])
    conjugate, negated = x.conj(), x.conj().imag
    assert conjugate.is_conj()
    assert negated.is_neg()
    np.testing.assert_array_equal(get_value(conjugate), np.array([1 - 2j, 3 + 4j], np.complex64))
    np.testing.assert_array_equal(get_value(negated), np.array([-2, 4], np.float32))
    set_value(conjugate, [1j, 2.0])
    set_value(negated, [7.0, 8.0])
    assert x.tolist() == [-7j, 2 - 8j]


def sparse(layout):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.tensor([[0.0, 2.0], [0.0, 0.0]]).to_sparse(layout=layout)


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc], ids=str)
def test_sparse_tensors_read_as_dense_arrays_and_are_not_written(layout):
    x = sparse(layout)
    np.testing.assert_array_equal(get_value(x), [[0, 2], [0, 0]])
    with pytest.raises(ImmutableValueError, match="expected a dense tensor"):
        set_value(x, np.ones((2, 2)))
    assert x.to_dense().tolist() == [[0, 2], [0, 0]]


OVERLAPPING = {
    "expanded": lambda: torch.tensor([1.0]).expand(3),
    "expanded row": lambda: torch.tensor([[1.0, 2.0]]).expand(2, 2),
    "unfolded": lambda: torch.tensor([1.0, 2.0, 3.0]).unfold(0, 2, 1),
    "as_strided": lambda: torch.tensor([1.0, 2.0, 3.0]).as_strided((2, 2), (1, 1)),
}


@pytest.mark.parametrize("make", OVERLAPPING.values(), ids=OVERLAPPING)
def test_elements_that_share_memory_are_read_and_not_written(make):
    x = make()
    before = np.array(x.tolist())
    np.testing.assert_array_equal(get_value(x), before)
    with pytest.raises(ImmutableValueError, match=r"share[^\n]* memory(.|\n)*clone\(\)"):
        set_value(x, np.arange(x.numel()).reshape(x.shape))
    np.testing.assert_array_equal(x.tolist(), before)


def test_inference_tensors_change_in_inference_mode_alone():
    with torch.inference_mode():
        x = torch.ones(2)
    np.testing.assert_array_equal(get_value(x), [1, 1])
    with pytest.raises(ImmutableValueError, match="inference_mode"):
        set_value(x, [2.0, 2.0])
    assert x.tolist() == [1, 1]
    with torch.inference_mode():
        set_value(x, [3.0, 3.0])
    assert x.tolist() == [3, 3]


def fake():
    with torch._subclasses.FakeTensorMode():
        return torch.ones(2)


WITHOUT_VALUE = {
    "meta": (lambda: torch.ones(2, device="meta"), UnavailableValueError, "meta device"),
    "lazy": (lambda: torch.nn.LazyLinear(2).weight, UnavailableValueError, "dummy batch"),
    "bits": (lambda: torch.empty(2, dtype=torch.bits8), UnavailableValueError, "bits8"),
    "int4": (lambda: torch.empty(2, dtype=torch.uint4), UnavailableValueError, "uint4"),
    "fake": (fake, SymbolicValueError, "FakeTensor"),
}


@pytest.mark.parametrize(("make", "error", "why"), WITHOUT_VALUE.values(), ids=WITHOUT_VALUE)
def test_tensors_without_a_value_that_numpy_can_hold(make, error, why):
    x = make()
    with pytest.raises(error, match=why):
        get_value(x)
    with pytest.raises(error, match=why):
        set_value(x, [1, 0])


@pytest.mark.parametrize("transform", ["vmap", "grad", "jvp"])
@pytest.mark.parametrize("action", ["read", "write", "use as a value"])
def test_tensors_inside_transforms_are_symbolic(transform, action):
    outside = torch.zeros(())

    def function(x):
        if action == "read":
            get_value(x)
        elif action == "write":
            set_value(x, 1.0)
        else:
            set_value(outside, x)
        return x.sum()

    calls = {
        "vmap": lambda: torch.func.vmap(function)(torch.ones(3)),
        "grad": lambda: torch.func.grad(function)(torch.tensor(1.0)),
        "jvp": lambda: torch.func.jvp(function, (torch.tensor(1.0),), (torch.tensor(1.0),)),
    }
    with pytest.raises(SymbolicValueError, match=r"torch\.func(.|\n)*return it"):
        calls[transform]()
    assert outside.item() == 0


def test_concrete_tensors_are_read_and_written_inside_transforms():
    scale = torch.tensor(3.0)

    def function(x):
        set_value(scale, get_value(scale) + 1)
        return x * float(get_value(scale))

    assert torch.func.grad(function)(torch.tensor(1.0)).item() == 4
    assert scale.item() == 4


EXTENDED = ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu"]
EXTENDED += ["float8_e4m3fnuz", "float8_e5m2fnuz"]
NATIVE = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NATIVE += ["float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("name", [*EXTENDED, *NATIVE])
def test_every_dtype_keeps_its_bits_both_ways(name):
    kind = np.dtype(getattr(ml_dtypes, name, name))
    size = kind.itemsize
    rng = np.random.default_rng(0)
    # All patterns of one byte, NaNs with their payloads included; random ones of wider types.
    patterns = np.arange(256) if size == 1 else rng.integers(0, 256, 64 * size)
    raw = torch.from_numpy((patterns % 2 if name == "bool" else patterns).astype(np.uint8))
    x = raw.clone().view(getattr(torch, name))
    value = get_value(x)
    assert value.dtype == kind
    assert value.tobytes() == bytes(raw.tolist())
    y = torch.zeros_like(x)
    set_value(y, value)
    assert y.view(torch.uint8).tolist() == raw.tolist()


def test_readers_of_another_view_never_see_half_a_write():
    x = torch.nn.Parameter(torch.zeros(200_000))
    done = threading.Event()

    def torn_reads():
        torn = 0
        while not done.is_set():
            value = get_value(x.data)
            torn += bool((value != value[0]).any())
        return torn

    with ThreadPoolExecutor(2) as readers:
        torn = [readers.submit(torn_reads) for _ in range(2)]
        for i in range(200):
            set_value(x, np.full(x.shape, i, np.float32))
        done.set()
    assert [future.result() for future in torn] == [0, 0]


def test_a_tensor_that_stands_for_others_is_refused():
    from torch.testing._internal.two_tensor import TwoTensor

    x = TwoTensor(torch.ones(2), torch.ones(2))
    with pytest.raises(UnavailableValueError, match=r"(?s)TwoTensor.*no memory.*to_local"):
        kompat.get_value(x)
    with pytest.raises(UnavailableValueError, match="no memory"):
        kompat.set_value(x, [3.0, 4.0])


def test_two_threads_add_each_others_tensors(K):
    a, b = torch.zeros(2000), torch.zeros(2000)

    def subtract(x, y):
        for _ in range(300):
            K.update_sub(x, y)

    threads = [threading.Thread(target=subtract, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
