"""The private corners of Keras and of the engines that kompat stands on, with the place to mend."""

import inspect
import re
from pathlib import Path

import keras
import pytest
from conftest import framework

import kompat
from kompat.keras_private import names, nodes, scope as keras_scope, slot as keras_slot
from kompat.keras_private.operations import public_function


def test_the_active_scope():
    message = "Keras changed where it keeps the active StatelessScope: mend keras_private/scope.py"
    assert keras_scope.active() is None, message
    with keras.StatelessScope() as scope:
        assert keras_scope.active() is scope, message
        with keras_scope.outside():
            assert keras_scope.active() is None, message
        assert keras_scope.active() is scope, message
    keras.utils.clear_session()
    with keras.StatelessScope() as scope:
        assert keras_scope.active() is scope, message


def test_the_slot():
    message = "Keras changed where a variable keeps its value: mend keras_private/slot.py"
    v = keras.Variable([1.0, 2.0], name="weights")
    held = keras_slot.read(v)
    assert held is not None, message
    assert keras.ops.is_tensor(held) or keras.config.backend() == "tensorflow", message
    assert keras_slot.dtype(v) == "float32", message
    assert keras_slot.initializer(v) is None, message
    with keras.StatelessScope(initialize_variables=False):
        late = keras.Variable("zeros", shape=(2,))
    assert keras_slot.read(late) is None, message
    assert keras_slot.initializer(late) is not None, message


def test_the_names():
    message = "Keras changed how it counts names: mend keras_private/names.py"
    names.reset()
    assert keras.backend.get_uid("corner") == 1, message
    names.reset()
    assert keras.backend.get_uid("corner") == 1, message


def test_the_hooks_of_a_variable(engine):
    message = "Keras changed which methods of a variable keep its value: mend storage/"
    called = []

    class Watched(keras.Variable):
        def _initialize(self, value):
            called.append("initialize")
            super()._initialize(value)

        def _direct_assign(self, value):
            called.append("assign")
            super()._direct_assign(value)

        def _convert_to_tensor(self, value, dtype=None):
            called.append("convert")
            return super()._convert_to_tensor(value, dtype)

        def _maybe_autocast(self, value):
            called.append("autocast")
            return super()._maybe_autocast(value)

    def calls():
        found = {*called}
        called.clear()
        return found

    v = Watched([1.0, 2.0])
    assert {"initialize", "convert"} <= calls(), message
    v.assign([3.0, 4.0])
    assert {"assign", "convert"} <= calls(), message
    assert keras.ops.convert_to_numpy(v.value).tolist() == [3, 4], message
    assert calls() == {"autocast"}, message
    assert v._trainable is True, message
    assert v._autocast is True, message
    assert v._regularizer is None, message
    if engine == "jax":
        assert v._layout is None, message


def test_the_jax_trainer(engine):
    if engine != "jax":
        pytest.skip("only JAX has this trainer")
    from kompat.keras_private import jax_trainer

    message = "Keras changed its JAX trainer: mend keras_private/jax_trainer.py"
    for name, groups in jax_trainer.LOOPS.items():
        loop = inspect.unwrap(getattr(keras.Model, name))
        assert loop.__module__ == jax_trainer.TRAINER_MODULE, message
        assert "state" in loop.__code__.co_varnames, message
        source = inspect.getsource(loop)
        asked = [g for g in jax_trainer.GROUPS if f"{g}_variables=True" in source]
        assert asked == list(groups), message
    assert callable(keras.Model.jax_state_sync), message
    assert keras.callbacks.CallbackList.__module__ == jax_trainer._CALLBACK_MODULE, message


def test_what_the_jax_trainer_donates_and_hands_back(engine):
    if engine != "jax":
        pytest.skip("only JAX has this trainer")
    from kompat.keras_private import jax_donation

    message = "Keras changed its JAX trainer: mend keras_private/jax_donation.py"
    collect = inspect.unwrap(keras.Model._get_jax_state)
    assert list(inspect.signature(collect).parameters)[1:] == [
        *jax_donation.GROUPS,
        "purge_model_variables",
    ], message
    make = inspect.unwrap(keras.Model._make_function)
    assert list(inspect.signature(make).parameters)[:2] == ["self", "step_function"], message
    sync = inspect.getsource(inspect.unwrap(keras.Model.jax_state_sync))
    assert "self._jax_state_synced" in sync, message
    assert all(f'"{group}"' in sync for group in jax_donation.GROUPS), message


def test_what_the_jax_trainer_compiles(engine):
    if engine != "jax":
        pytest.skip("only JAX has this trainer")
    from keras.src.backend.jax import trainer as module

    message = "Keras changed how its JAX trainer compiles steps: mend keras_private/jax_step.py"
    trainer = module.JAXTrainer
    for name in ("make_train_function", "make_test_function", "make_predict_function"):
        source = inspect.getsource(getattr(trainer, name))
        assert "= jit(" in source, message
        assert "donate_argnums=0" in source, message
    scope, v = keras.StatelessScope(), keras.Variable(1.0)
    assert scope.state_mapping == {}, message
    scope.add_update((v, 2.0))
    assert scope.get_current_value(v) == scope.state_mapping[id(v)] == 2.0, message


def test_the_optimizer_knows_what_it_trains():
    message = "Keras changed what an optimizer keeps: mend keras_private/jax_donation.py"
    optimizer, v = keras.optimizers.SGD(), keras.Variable(1.0)
    optimizer.build([v])
    assert optimizer._trainable_variables == [v], message
    scaled = keras.optimizers.LossScaleOptimizer(optimizer)
    assert scaled.inner_optimizer is optimizer, message


def test_the_phase_of_layers_and_trainers(engine):
    message = "Keras changed who tells layers the phase: mend graph/layer_phase.py"
    resolve = inspect.unwrap(keras.layers.Layer._resolve_and_populate_arg)
    assert [*inspect.signature(resolve).parameters] == [
        "self",
        "arg_name",
        "call_spec",
        "call_context",
        "kwargs",
    ], message
    if engine == "numpy":
        return  # Keras on NumPy does not train
    model = keras.Sequential([keras.layers.Dense(1)])
    for name in ("train_function", "test_function", "predict_function"):
        assert getattr(model, name) is None, message


def test_torch_counts_who_holds_a_tensor():
    torch = framework("torch")
    message = "PyTorch changed its counts: mend values/torch.py"

    def users(x):
        return torch._C._storage_Use_Count(x.untyped_storage()._cdata) - 1

    x = torch.zeros(3)
    view, part = x.detach(), x[:2]
    assert (users(x), x._use_count()) == (3, 2), message
    assert (view._base, part._base) == (None, x), message
    del view, part
    assert (users(x), x._use_count()) == (1, 1), message


def test_torch_transforms_and_stand_ins():
    torch = framework("torch")
    from kompat.values import torch as torch_values

    message = "PyTorch changed its transforms: mend values/torch.py"
    inside = []

    def observe(x):
        inside.append(torch._C._functorch.is_functorch_wrapped_tensor(x))
        with torch._C._DisableFuncTorch():
            inside.append(torch._C._functorch.is_functorch_wrapped_tensor(torch.ones(1)))
        return x

    torch.func.vmap(observe)(torch.ones(2))
    assert inside == [True, False], message
    stand_ins = torch._subclasses.FakeTensorMode()
    with stand_ins:
        assert isinstance(torch.ones(1), torch_values.FakeTensor), message


def test_torch_keeps_the_code_of_recordings():
    framework("torch")
    import linecache

    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx import graph_module, symbolic_trace

    message = "PyTorch changed what it keeps of recordings: mend engines/torch_recording.py"

    def double(x):  # linecache takes nothing whose name ends as that of a lambda does
        return x * 2

    name = symbolic_trace(double).forward.__code__.co_filename
    assert name in graph_module._loader.eval_cache, message
    assert name in linecache.cache, message
    FakeTensorMode.cache_clear()
    assert not FakeTensorMode.cache, message


def test_torch_operations_and_their_schemas():
    torch = framework("torch")

    message = "PyTorch changed how it describes operations: mend engines/torch_recording.py"
    add, view = torch.ops.aten.add_.Scalar, torch.ops.aten.view.default
    assert isinstance(add, torch._ops.OpOverload), message
    assert (add._schema.name, add._overloadname) == ("aten::add_", "Scalar"), message
    assert (add._schema.is_mutable, view._schema.is_mutable) == (True, False), message
    (returned,) = view._schema.returns
    assert returned.alias_info, message
    assert type(returned.type) is torch.TensorType, message


def test_tensorflow_eager_mode_inside_a_graph():
    tf = framework("tensorflow")
    from kompat.values import tensorflow as tensorflow_values

    message = "TensorFlow changed how a graph is left: mend values/tensorflow.py"
    with tf.Graph().as_default():
        assert not tf.executing_eagerly()
        with tf.init_scope(), tensorflow_values.context.eager_mode():
            assert tf.executing_eagerly(), message
    with tf.Graph().as_default() as graph:
        v = tf.compat.v1.get_variable("v", initializer=1.0, use_resource=True)
        with tf.compat.v1.Session(graph=graph) as session:
            assert not session.run(v._is_initialized_op), message
            assert not session._closed, message
        assert session._closed, message


def test_the_history_of_symbolic_tensors():
    from kompat.graph import history

    message = "Keras changed how symbolic tensors tell their nodes: mend keras_private/nodes.py"
    x = keras.Input((3,), name="corner_input")
    layer = keras.layers.Dense(2)
    y = layer(x)
    z = keras.ops.add(y, 1.0)
    node = history.node_of(z)
    assert type(node.operation).__name__ == "Add", message
    assert history.parents(node) == [y], message
    assert history.leaves(node) == [y, 1.0], message
    assert history.outputs(node) == [z], message
    assert history.is_input(history.node_of(x)), message
    assert not history.is_input(node), message
    assert history.named("corner_input") is x, message
    assert "test_private_corners.py" in history.made_at(node), message
    assert layer._outbound_nodes == [], message
    assert history.arguments(node, lambda leaf: "seen" if leaf is y else leaf)[0][0] == "seen", (
        message
    )
    stopped = history.node_of(keras.ops.stop_gradient(x))
    assert history.stops_gradients(stopped), message
    with history.frame() as nodes:
        inside = keras.ops.add(z, 1.0)
    assert nodes == [history.node_of(inside)], message


def test_calls_of_a_sequential_that_is_put_together():
    from kompat.graph import history

    message = "Keras changed how a Sequential calls its layers: mend keras_private/frames.py"
    model = keras.Sequential([keras.Input((3,))])
    model.add(keras.layers.Dense(2))
    first = model.layers[0].output
    model.add(keras.layers.Dense(1))
    assert history.parents(history.node_of(model.outputs[0])) == [first], message


def test_operations_on_tensors_without_rank():
    from kompat.graph import history, unranked

    message = "Keras changed how operations are recorded: mend graph/unranked.py"
    x = unranked.placeholder("float32", "corner_unranked")
    y = keras.ops.tanh(keras.ops.add(x, 1.0))
    assert unranked.is_unranked(y), message
    assert history.parents(history.node_of(history.parents(history.node_of(y))[0])) == [x], message
    with pytest.raises(unranked.UnknownRankError):
        keras.ops.expand_dims(keras.ops.matmul(x, x), 7)


def test_keys_of_symbolic_tensors():
    from kompat.graph import shapes

    message = "Keras changed how symbolic tensors are indexed: mend graph/shapes.py"
    x = keras.Input((4, 3), batch_size=2)
    assert keras.KerasTensor.__getitem__ is shapes.index, message
    whole = shapes._keras_index(x, (0, slice(1, 3)))
    assert tuple(whole.shape) == (2, 3), message
    assert tuple(x[1:].shape) == (1, 4, 3), message


def test_layers_inside_layers():
    from kompat.keras_private import layers

    message = "Keras changed how layers list those inside them: mend keras_private/layers.py"
    inner = keras.layers.Lambda(lambda x: x, output_shape=(3,))
    x = keras.Input((3,))
    outer = keras.Model(x, inner(x))
    assert inner in list(layers.within(outer)), message


def test_frames_of_keras():
    message = "Keras changed the names of its modules: mend keras_private/frames.py"
    names = []

    class Watch(keras.layers.Layer):
        def call(self, x):
            frame = inspect.currentframe()
            while frame is not None:
                names.append(frame.f_globals.get("__name__", ""))
                frame = frame.f_back
            return x

    Watch()(keras.ops.ones((1,)))
    assert any(name.startswith("keras.src.") for name in names), message


def test_the_call_context_of_layers():
    from kompat.keras_private import call_context

    message = "Keras changed how layers learn of training: mend keras_private/call_context.py"
    told = []

    class Watch(keras.layers.Layer):
        def call(self, x, training=None):
            told.append((training, call_context.training()))
            return x

    x = keras.ops.ones((1,))
    assert call_context.training() is None, message
    with call_context.of_training(True):
        Watch()(x)
        Watch()(x, training=False)
    assert told[0] == (True, True), message
    assert told[1][0] is False, message
    assert call_context.training() is None, message


def test_masks(K):
    from kompat.keras_private import mask as keras_mask

    message = "Keras changed how a tensor carries its mask: mend keras_private/mask.py"
    x = K.ones((2,))
    assert keras_mask.of(x) is None, message
    keras_mask.attach(x, x)
    assert keras_mask.of(x) is x, message


def test_a_layer_without_its_activation(K):
    from kompat.keras_private import layers

    message = "Keras changed what a layer consists of: mend keras_private/layers.py"
    layer = keras.layers.Dense(2, activation="softmax", kernel_initializer="ones")
    layer(keras.Input((3,)))
    twin = layers.without_activation(layer)
    assert K.eval(twin(K.ones((1, 3)))).tolist() == [[3.0, 3.0]], message
    assert twin.kernel is layer.kernel, message
    assert len(layer._inbound_nodes) == 1, message
    assert twin._inbound_nodes == [], message
    assert layer.activation is keras.activations.softmax, message


def test_where_keras_infers_the_shape_of_a_layer(engine, monkeypatch):
    message = "Keras changed how it infers the shape of a layer: mend graph/inference.py"
    from keras.src import backend

    asked = []
    infer = backend.compute_output_spec
    assert hasattr(infer, "__wrapped__") == (engine in ("jax", "numpy")), message
    monkeypatch.setattr(
        backend, "compute_output_spec", lambda *a, **k: asked.append(a) or infer(*a, **k)
    )

    class Doubled(keras.Layer):
        def call(self, x):
            return x * 2

    assert Doubled()(keras.Input((3,))).shape == (None, 3)
    assert asked, message


def functions_in_use():
    """The functions of `keras.ops` that the package names."""
    text = "".join(path.read_text() for path in Path(kompat.__file__).parent.rglob("*.py"))
    names = {*re.findall(r"keras\.ops\.(\w+)", text)}
    return {name: getattr(keras.ops, name) for name in names if hasattr(keras.ops, name)}


def operation_of(function):
    """The class whose operation a function of `keras.ops` records, by its own code."""
    made = re.search(
        r"(\w+)\((?:[^()]|\([^()]*\))*\)\.symbolic_call\(", inspect.getsource(function)
    )
    return function.__globals__[made[1]] if made else None


WITHOUT_FUNCTION = {"batch_normalization", "ctc_decode", "ctc_loss", "stft"}
"""Functions that an operation's class does not name: K does not record them as operations."""


def test_operations_tell_their_functions():
    message = "Keras changed how its operations are named: mend keras_private/operations.py"
    known = set()
    for name, function in functions_in_use().items():
        made = operation_of(function)
        if made is not None and public_function(object.__new__(made))[0] is function:
            known.add(name)
        else:
            assert made is None or name in WITHOUT_FUNCTION, f"{message}: {made} of {name}"
    assert len(known) > 90, message
    x = keras.Input((3,))
    for tensor, expected in [
        (keras.ops.cast(x, "float16"), (keras.ops.cast, {"dtype": "float16"})),
        (keras.ops.sum(x, axis=1), (keras.ops.sum, {"axis": [1]})),
        (keras.ops.true_divide(x, 2), (keras.ops.true_divide, {})),
    ]:
        assert public_function(nodes.node_of(tensor).operation) == expected, message
    for tensor, expected in [
        (x[0], "GetItem"),
        (keras.ops.stop_gradient(x), "StopGradient"),
        (keras.ops.softmax(x), "Softmax"),
        (keras.ops.sigmoid(x), "Sigmoid"),
    ]:
        assert type(nodes.node_of(tensor).operation).__name__ == expected, message


def test_the_files_to_mend_exist():
    package = Path(kompat.__file__).parent
    named = {*re.findall(r"mend ([a-z_]\w*(?:/\w*)?(?:\.py)?)", Path(__file__).read_text())}
    assert len(named) > 15
    assert {name for name in named if not (package / name).exists()} == set()
