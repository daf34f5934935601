"""What nobody holds is not written: the value would be lost. What anybody holds is."""

import sys

import keras
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat import backend as K
from kompat.errors import NotAVariableError
from kompat.values import temporary

pytestmark = pytest.mark.skipif(
    temporary.Limits.in_write == 0, reason="this interpreter does not tell what is held"
)


def lora(engine):
    layer = keras.layers.Dense(2)
    layer.build((None, 2))
    layer.enable_lora(1)
    return lambda: layer.kernel


def int4(engine):
    layer = keras.layers.Dense(4)
    layer.build((None, 4))
    layer.quantize("int4")
    return lambda: layer.kernel


def identity(engine):
    v = K.variable([1.0, 2.0])
    return lambda: K.identity(v)


def total(engine):
    v = K.variable([1.0, 2.0])
    return lambda: v + 0


def schedule(engine):
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    optimizer = keras.optimizers.SGD(rate)
    optimizer.build([keras.Variable(np.zeros(2, "float32"))])
    return lambda: optimizer.learning_rate


def parametrized(engine):
    nn = framework("torch").nn
    module = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    return lambda: module.weight


def computed(engine):
    torch = framework("torch")
    p = torch.nn.Parameter(torch.zeros(2))
    return lambda: p * 2


def rows_of_a_new_tensor(engine):
    torch = framework("torch")
    return lambda: torch.ones(3, 2)[:1]


def rows_of_a_new_array(engine):
    return lambda: np.ones((3, 2))[:1]


COMPUTED = [lora, int4, identity, total, schedule, parametrized, computed]
COMPUTED += [rows_of_a_new_array, rows_of_a_new_tensor]


@pytest.mark.parametrize("write", [kompat.set_value, K.update, K.update_add])
@pytest.mark.parametrize("make", COMPUTED, ids=lambda make: make.__name__)
def test_what_nobody_holds_is_not_written(make, write, engine):
    get = make(engine)
    value = np.ones(np.shape(kompat.get_value(get())))
    before = kompat.get_value(get())
    with pytest.raises(TypeError, match=r"Why: (.|\n)*Fix: "):  # JAX and TensorFlow: immutable
        write(get(), value)
    np.testing.assert_array_equal(kompat.get_value(get()), before)


@pytest.mark.parametrize("make", [parametrized, computed], ids=lambda make: make.__name__)
@pytest.mark.parametrize("pack", [lambda x, v: [(x, v)], lambda x, v: zip([x], [v])])
def test_a_batch_refuses_what_autograd_recorded_and_nobody_holds(make, pack, engine):
    get, other = make(engine), np.zeros(2)
    value = np.ones(np.shape(kompat.get_value(get())))
    with pytest.raises(NotAVariableError, match="nobody holds it"):
        kompat.batch_set_value([*pack(get(), value), (other, [1, 1])])
    assert not other.any()


def test_the_error_names_what_a_weight_is_computed_from(engine):
    with pytest.raises(NotAVariableError, match=r"original0(.|\n)*named_parameters"):
        kompat.set_value(parametrized(engine)(), np.ones((2, 2)))
    if engine == "torch":
        with pytest.raises(NotAVariableError, match=r"lora_kernel_a(.|\n)*layer\.weights"):
            kompat.set_value(lora(engine)(), np.ones((2, 2)))


class Owner:
    pass


def array_in_an_attribute():
    owner = Owner()
    owner.x = np.zeros(2)
    return lambda: owner.x


def array_in_a_list():
    held = [np.zeros(2)]
    return lambda: held[0]


def rows_of_an_array():
    x = np.zeros((3, 2))
    return lambda: x[1]


def rows_of_rows():
    x = np.zeros((4, 3, 2))
    return lambda: x[1:].reshape(9, 2)[0]


def memory_of_a_buffer():
    memory = bytearray(16)
    return lambda: np.frombuffer(memory)


def memory_of_a_tensor():
    x = framework("torch").zeros(2)
    return lambda: x.numpy()


def tensor_in_an_attribute():
    owner = Owner()
    owner.x = framework("torch").zeros(2) + 0
    return lambda: owner.x


def state_that_autograd_recorded():
    torch = framework("torch")
    held = [torch.nn.Parameter(torch.zeros(2)) * 2]
    return lambda: held[0]


def tensor_over_an_array():
    x = np.zeros(2)
    return lambda: framework("torch").from_numpy(x)


def parameter(read):
    torch = framework("torch")
    x = torch.nn.Parameter(torch.zeros(2))
    (x * 1.0).sum().backward()
    return lambda: read(x)


HELD = {
    "array in an attribute": array_in_an_attribute,
    "array in a list": array_in_a_list,
    "row of an array": rows_of_an_array,
    "row of a view": rows_of_rows,
    "memory of a buffer": memory_of_a_buffer,
    "memory of a tensor": memory_of_a_tensor,
    "tensor in an attribute": tensor_in_an_attribute,
    "state that autograd recorded": state_that_autograd_recorded,
    "tensor over an array": tensor_over_an_array,
    "data": lambda: parameter(lambda p: p.data),
    "detached": lambda: parameter(lambda p: p.detach()),
    "reshaped": lambda: parameter(lambda p: p.detach().view(1, 2).T),
    "gradient": lambda: parameter(lambda p: p.grad),
    "part of the gradient": lambda: parameter(lambda p: p.grad[:]),
}


@pytest.mark.parametrize("write", [kompat.set_value, K.update, lambda x, v: one_pair(x, v)])
@pytest.mark.parametrize("kind", HELD)
def test_what_anybody_holds_is_written(kind, write):
    get = HELD[kind]()
    value = np.arange(2.0).reshape(kompat.get_value(get()).shape) + 5
    write(get(), value)
    np.testing.assert_array_equal(kompat.get_value(get()), value)


def one_pair(x, value):
    kompat.batch_set_value([(x, value)])


def test_a_local_variable_is_written():
    torch = framework("torch")
    array, tensor, view = np.zeros(2), torch.zeros(2), np.zeros((2, 2))[0]
    for x in (array, tensor, view):
        kompat.set_value(x, [1, 2])
    kompat.set_value(array, [3, 4])
    kompat.set_value(tensor, [3, 4])
    kompat.set_value(view, [3, 4])
    assert array.tolist() == tensor.tolist() == view.tolist() == [3, 4]


def test_nothing_is_refused_where_references_do_not_tell(monkeypatch):
    """As on interpreters that borrow references: a held object counts no more than a new one."""
    for place in ("in_write", "in_pair", "in_base"):
        monkeypatch.setattr(temporary.Limits, place, getattr(temporary.Limits, place))
    monkeypatch.setattr(sys, "getrefcount", lambda x: 1)
    temporary.measure(kompat.set_value)
    assert temporary.Limits.in_write == temporary.Limits.in_pair == temporary.Limits.in_base == 0
    kompat.set_value(np.zeros(2), [1, 2])
