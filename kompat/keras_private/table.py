"""The table of all that kompat replaces in Keras, in PyTorch and, for `install`, elsewhere.

`patches` applies it and reverts it; docs/design.md shows it.
"""

from typing import Literal, NamedTuple

When = Literal["values", "engine", "K", "install"]

MOMENTS: dict[When, str] = {
    "values": "when a variable of Keras is first read or written",
    "engine": "when kompat's file of the engine is loaded",
    "K": "on `import kompat.backend`",
    "install": "by `kompat.install()`",
}
"""When rows are applied."""

JAX = ("jax", "jax with NNX")


class Patch(NamedTuple):
    """A row: attributes of one object that are replaced.

    Args:
        owner: the object, as `module:name`; the module alone if it is one.
        attributes: the names that are replaced.
        replacement: what stands there instead, as `module:name`, or None itself.
        reason: why there is no other way.
        without: the feature that is off where the row is not applied.
        when: the moment at which it is applied.
        how: "wrap" calls `replacement` with the original; "put" takes it as it is; "add" does so
            where there is no such attribute; "drop" takes the attribute away.
        relies_on: the first parameters of the original, on which the replacement relies.
        engines: those on which it is applied; none for all.
    """

    owner: str
    attributes: tuple[str, ...]
    replacement: str | None
    reason: str
    without: str
    when: When
    how: Literal["wrap", "put", "add", "drop"] = "wrap"
    relies_on: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module of the object."""
        return self.owner.partition(":")[0]

    @property
    def package(self) -> str:
        """The package that must be loaded before."""
        return self.module.partition(".")[0]


_LOOPS = ("fit", "train_on_batch", "evaluate", "test_on_batch", "predict", "predict_on_batch")
_TRAINER = "keras.src.backend.jax.trainer"

TABLE = (
    Patch(
        owner=f"{_TRAINER}:JAXTrainer",
        attributes=("_get_jax_state",),
        replacement="kompat.keras_private.jax_donation:collecting",
        reason="what a step donates cannot be said otherwise",
        without="arrays that others hold too survive `fit`",
        when="values",
        relies_on=(
            "self",
            "trainable_variables",
            "non_trainable_variables",
            "optimizer_variables",
            "metrics_variables",
            "purge_model_variables",
        ),
        engines=JAX,
    ),
    Patch(
        owner=f"{_TRAINER}:JAXTrainer",
        attributes=("_make_function",),
        replacement="kompat.keras_private.jax_donation:keeping",
        reason="the results of a step are lost where a signal comes before Keras keeps them",
        without="a loop that is stopped leaves the values of its last step",
        when="values",
        relies_on=("self", "step_function"),
        engines=JAX,
    ),
    Patch(
        owner=f"{_TRAINER}:JAXTrainer",
        attributes=("jax_state_sync",),
        replacement="kompat.keras_private.jax_donation:handing_back",
        reason="what is handed back cannot be said otherwise",
        without="a loop that is stopped leaves the values of its last step",
        when="values",
        relies_on=("self",),
        engines=JAX,
    ),
    Patch(
        owner=f"{_TRAINER}:JAXTrainer",
        attributes=_LOOPS,
        replacement="kompat.keras_private.jax_donation:looping",
        reason="which trainers run in which threads is not public",
        without="writes from another thread, and loops that are stopped",
        when="values",
        relies_on=("self",),
        engines=JAX,
    ),
    Patch(
        owner=_TRAINER,
        attributes=("jit",),
        replacement="kompat.keras_private.jax_step:Jit",
        reason="a step cannot be given variables that its model does not own",
        without="losses and metrics with variables that the model does not own",
        when="values",
        engines=("jax",),
    ),
    Patch(
        owner="keras:StatelessScope",
        attributes=("get_current_value",),
        replacement="kompat.keras_private.jax_step:reading",
        reason="a step cannot be given variables that its model does not own",
        without="losses and metrics with variables that the model does not own",
        when="values",
        relies_on=("self", "variable"),
        engines=("jax",),
    ),
    Patch(
        owner="keras:StatelessScope",
        attributes=("add_update",),
        replacement="kompat.keras_private.jax_step:writing",
        reason="a step drops what is written to variables that its model does not own",
        without="losses and metrics with variables that the model does not own",
        when="values",
        relies_on=("self", "update"),
        engines=("jax",),
    ),
    Patch(
        owner="torch:Tensor",
        attributes=(
            *("__iadd__", "__isub__", "__imul__", "__itruediv__", "__ifloordiv__", "__imod__"),
            *("__ipow__", "__iand__", "__ior__", "__ixor__", "__ilshift__", "__irshift__"),
        ),
        replacement="kompat.engines.torch_operators:for_others",
        reason="Python asks the type alone",
        without="`x -= y` of old code leaves the tensors of others as they are",
        when="engine",
        engines=("torch",),
    ),
    Patch(
        owner="torch:Tensor",
        attributes=("__getitem__",),
        replacement="kompat.engines.torch_operators:also_backwards",
        reason="PyTorch has no negative steps",
        without="`x[::-1]`",
        when="engine",
        engines=("torch",),
    ),
    Patch(
        owner="keras:Variable",
        attributes=(
            *("__abs__", "__neg__", "__getitem__"),
            *("__add__", "__sub__", "__mul__", "__matmul__", "__truediv__", "__floordiv__"),
            *("__mod__", "__pow__", "__radd__", "__rsub__", "__rmul__", "__rmatmul__"),
            *("__rtruediv__", "__rfloordiv__", "__rmod__", "__rpow__"),
            *("__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
        ),
        replacement="kompat.variable:live",
        reason="Keras computes with a variable at once, or fails beside a symbolic tensor",
        without="operators of Keras's variables in graphs",
        when="K",
        relies_on=("self",),
    ),
    Patch(
        owner="keras:Variable",
        attributes=("get_value",),
        replacement="kompat.variable:Variable.get_value",
        reason="Keras 3 has no such method, which Theano's variables had",
        without="`variable.get_value()`",
        when="K",
        how="add",
    ),
    Patch(
        owner="keras:Variable",
        attributes=("set_value",),
        replacement="kompat.variable:Variable.set_value",
        reason="Keras 3 has no such method, which Theano's variables had",
        without="`variable.set_value(value)`",
        when="K",
        how="add",
    ),
    Patch(
        owner="keras:Variable",
        attributes=("_initialize",),
        replacement="kompat.storage.torch:taking_apart",
        reason="Keras takes a `Parameter` as it is, that of a K.variable too",
        without="a variable made of a K.variable has memory of its own",
        when="K",
        relies_on=("self", "value"),
        engines=("torch",),
    ),
    Patch(
        owner="keras:KerasTensor",
        attributes=("__getitem__",),
        replacement="kompat.graph.shapes:index",
        reason="Keras refuses `x[1:]` and symbolic numbers in keys",
        without="`x[1:]` and symbolic keys of symbolic tensors",
        when="K",
        how="put",
        relies_on=("self", "key"),
    ),
    Patch(
        owner="keras:KerasTensor",
        attributes=("__array_ufunc__",),
        replacement=None,
        reason="NumPy leaves an operator to the tensor where it finds None here",
        without="`array * tensor` of an array of NumPy and a symbolic tensor",
        when="K",
        how="put",
    ),
    Patch(
        owner="keras:KerasTensor",
        attributes=("__jax_array__",),
        replacement=None,
        reason="JAX leaves an operator to the tensor where it does not find Keras's method, which "
        "only raises",
        without="`array * tensor` of an array of JAX and a symbolic tensor",
        when="K",
        how="drop",
    ),
    Patch(
        owner="keras:Operation",
        attributes=("symbolic_call",),
        replacement="kompat.graph.unranked:of_any_rank",
        reason="Keras has no symbolic tensors of unknown rank",
        without="placeholders of unknown rank",
        when="K",
        relies_on=("self", "args", "kwargs"),
    ),
    Patch(
        owner="keras.src.ops.node:Node",
        attributes=("__init__",),
        replacement="kompat.graph.history:recording",
        reason="a symbolic tensor does not tell how, where and after what it is computed",
        without="names and lines of symbolic tensors, branches, loops, `layer.output` of a "
        "`Sequential`; graphs are not freed",
        when="K",
        relies_on=("self", "operation", "call_args", "call_kwargs", "outputs"),
    ),
    Patch(
        owner="keras:layers.InputLayer",
        attributes=("input",),
        replacement="kompat.graph.history:fed_by_input_layer",
        reason="it is `[]`, and Keras's own FAQ feeds it",
        without="`model.layers[0].input` as what is fed",
        when="K",
        how="put",
    ),
    Patch(
        owner="keras.src.backend",
        attributes=("compute_output_spec",),
        replacement="kompat.graph.inference:of_any_function",
        reason="unknown dimensions of JAX can be neither compared nor be elements of tensors",
        without="layers that compute with sizes, on symbolic tensors",
        when="K",
        relies_on=("fn", "args", "kwargs"),
        engines=JAX,
    ),
    Patch(
        owner="keras.src.backend",
        attributes=("compute_output_spec",),
        replacement="kompat.graph.inference:of_any_numbers",
        reason="Keras runs layers on unfilled memory and warns of its numbers",
        without="shapes without warnings of numbers that nobody uses",
        when="K",
        relies_on=("fn", "args", "kwargs"),
        engines=("numpy",),
    ),
    Patch(
        owner="keras:Layer",
        attributes=("_resolve_and_populate_arg",),
        replacement="kompat.graph.layer_phase:resolving",
        reason="a layer's default for `training` cannot be set from outside",
        without="`K.set_learning_phase` and `K.learning_phase_scope` reach layers",
        when="K",
        relies_on=("self", "arg_name", "call_spec", "call_context", "kwargs"),
    ),
    Patch(
        owner="keras:Layer",
        attributes=("stateless_call",),
        replacement="kompat.graph.layer_phase:stateless",
        reason="the trainer on JAX calls its model without `Layer.__call__`",
        without="`K.set_learning_phase` and `K.learning_phase_scope` reach `fit`",
        when="K",
        relies_on=("self",),
        engines=JAX,
    ),
    Patch(
        owner="keras:Model",
        attributes=_LOOPS,
        replacement="kompat.graph.layer_phase:looping",
        reason="the phase of a loop, and what its variables are in a session, cannot be said "
        "otherwise",
        without="`K.learning_phase_scope` around `predict`; refusals in a session with values of "
        "its own",
        when="K",
        relies_on=("self",),
    ),
    Patch(
        owner="keras",
        attributes=("backend",),
        replacement="kompat.backend",
        reason="old imports ask for it",
        without="`keras.backend` is K",
        when="install",
        how="put",
    ),
    Patch(
        owner="keras._tf_keras.keras",
        attributes=("backend",),
        replacement="kompat.backend",
        reason="old imports ask for it",
        without="`tensorflow.keras.backend` is K",
        when="install",
        how="put",
    ),
    Patch(
        owner="keras:optimizers.Optimizer",
        attributes=("lr",),
        replacement="kompat.installation:learning_rate",
        reason="Keras 3 silently ignores the write",
        without="`optimizer.lr`",
        when="install",
        how="put",
    ),
    *(
        Patch(
            owner=owner,
            attributes=(name,),
            replacement=f"kompat.installation:model_{name}",
            reason="Keras 3 has it only after a call, or gives a list of one",
            without=f"`model.{name}` as a tensor",
            when="install",
            how="put",
        )
        for owner in ("keras:Sequential", "keras.src.models.functional:Functional")
        for name in ("input", "output")
    ),
    Patch(
        owner="keras:layers.Layer",
        attributes=("add_update",),
        replacement="kompat.installation:add_update",
        reason="Keras 3 has no such method",
        without="`layer.add_update`",
        when="install",
        how="put",
    ),
    Patch(
        owner="tensorflow",
        attributes=("__getattr__",),
        replacement="kompat.installation:tensorflow_1_name",
        reason="TensorFlow 2 has no `Session`, and its kind",
        without="`tf.Session` and its kind in the user's own code",
        when="install",
        how="put",
    ),
    Patch(
        owner="builtins",
        attributes=("__import__",),
        replacement="kompat.stand_in:import_statement",
        reason="what plays TensorFlow where it is not installed must be seen by the user's own "
        "code alone",
        without="`import tensorflow` without TensorFlow",
        when="install",
        how="put",
    ),
    Patch(
        owner="importlib",
        attributes=("import_module",),
        replacement="kompat.stand_in:import_module",
        reason="what plays TensorFlow where it is not installed must be seen by the user's own "
        "code alone",
        without="`importlib.import_module('tensorflow')` without TensorFlow",
        when="install",
        how="put",
    ),
)
