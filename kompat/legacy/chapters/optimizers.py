"""Optimizers: names, arguments and defaults."""

from kompat.legacy.row import (
    BEFORE_2_3,
    BEFORE_TF,
    KERAS_1,
    KERAS_2_2,
    KERAS_2_3,
    Row,
    names,
    removed,
)

NAMES: list[Row] = [
    *names(
        "keras.optimizers",
        sgd="keras.optimizers.SGD",
        rmsprop="keras.optimizers.RMSprop",
        adagrad="keras.optimizers.Adagrad",
        adadelta="keras.optimizers.Adadelta",
        adam="keras.optimizers.Adam",
        adamax="keras.optimizers.Adamax",
        nadam="keras.optimizers.Nadam",
        optimizer_from_config="keras.optimizers.deserialize",
        clip_norm="kompat.legacy.forms.optimizers.clip_norm",
    ),
    *removed(
        "keras.optimizers",
        "TFOptimizer",
        "Keras runs on engines for which TensorFlow's optimizers cannot work.",
        "use the class of that name in keras.optimizers.",
    ),
]

_NAMES = ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam")
_ALL = " ".join(f"keras.optimizers.{name}" for name in _NAMES)
_MADE = "keras.optimizers.SGD"


def _renamed(was: str, now: str, old: str, new: str, why: str = "", numbers: bool = False) -> Row:
    return Row(
        "argument",
        _ALL,
        was,
        now,
        numbers=numbers,
        why=why,
        old=f"keras.optimizers.{old}",
        new=f"keras.optimizers.{new}",
    )


ARGUMENTS: list[Row] = [
    Row(
        "argument",
        "keras.optimizers.get",
        "kwargs",
        why="an object is made with its arguments: those of its class.",
        old="keras.optimizers.get('sgd', kwargs=None)",
        new="keras.optimizers.get('sgd')",
    ),
    _renamed("lr", "learning_rate", "SGD(lr=0.5)", "SGD(learning_rate=0.5)"),
    Row(
        "argument",
        _ALL,
        "decay",
        "decay()",
        numbers=True,
        why="step i has the rate lr / (1 + decay * i).",
        old=f"{_MADE}(1.0, decay=0.5).decay",
        new="0.5",
    ),
    Row(
        "argument",
        _ALL,
        "clipnorm",
        "global_clipnorm",
        BEFORE_TF,
        numbers=True,
        why="the norm was that of all gradients together; today's clipnorm is for each variable.",
        old=f"{_MADE}(clipnorm=1.0)",
        new=f"{_MADE}(global_clipnorm=1.0)",
    ),
    Row(
        "argument",
        "keras.optimizers.Nadam",
        "schedule_decay",
        why="today's schedule is that of 0.004, its default.",
        translate="the_schedule_of_nadam",
        old="keras.optimizers.Nadam(schedule_decay=0.004)",
        new="keras.optimizers.Nadam(learning_rate=0.002)",
        versions=(KERAS_2_2, KERAS_2_3),
    ),
]


def _order(name: str, order: str, versions: tuple[str, ...], old: str, new: str) -> Row:
    return Row(
        "positions",
        f"keras.optimizers.{name}",
        order,
        versions=versions,
        old=f"keras.optimizers.{name}({old})",
        new=f"keras.optimizers.{name}({new})",
    )


POSITIONS: list[Row] = [
    _order(
        "SGD", "lr momentum decay nesterov", BEFORE_2_3, "0.1, 0.9, 0.0, True", "0.1, 0.9, True"
    ),
    _order(
        "RMSprop", "lr rho epsilon decay", BEFORE_2_3, "0.1, 0.8, 1e-3", "0.1, 0.8, epsilon=1e-3"
    ),
    _order(
        "Adagrad",
        "lr epsilon decay",
        BEFORE_2_3,
        "0.1, 1e-3",
        "0.1, initial_accumulator_value=0.0, epsilon=1e-3",
    ),
    _order("Adadelta", "lr rho epsilon decay", BEFORE_2_3, "0.1, 0.8, 1e-3", "0.1, 0.8, 1e-3"),
    _order(
        "Adam",
        "lr beta_1 beta_2 epsilon decay amsgrad",
        BEFORE_2_3,
        "0.1, 0.8, 0.9, 1e-3, 0.0, True",
        "0.1, 0.8, 0.9, 1e-3, True",
    ),
    _order(
        "Adamax",
        "lr beta_1 beta_2 epsilon decay",
        BEFORE_2_3,
        "0.1, 0.8, 0.9, 1e-3",
        "0.1, 0.8, 0.9, 1e-3",
    ),
    _order(
        "Nadam",
        "lr beta_1 beta_2 epsilon schedule_decay",
        BEFORE_2_3,
        "0.1, 0.8, 0.9, 1e-3",
        "0.1, 0.8, 0.9, 1e-3",
    ),
]


def _default(
    names: str, was: str, now: str, versions: tuple[str, ...], new: str, why: str = ""
) -> Row:
    first = names.split()[0]
    attribute = was.partition("=")[0]
    return Row(
        "default",
        " ".join(f"keras.optimizers.{name}" for name in names.split()),
        was,
        now,
        versions,
        numbers=True,
        why=why,
        old=f"round(float(keras.optimizers.{first}().{attribute}), 9)",
        new=new,
    )


DEFAULTS: list[Row] = [
    _default("Adadelta", "learning_rate=1.0", "learning_rate=0.001", BEFORE_TF, "1.0"),
    _default("Adagrad", "learning_rate=0.01", "learning_rate=0.001", BEFORE_TF, "0.01"),
    _default("Adamax Nadam", "learning_rate=0.002", "learning_rate=0.001", BEFORE_TF, "0.002"),
    _default(
        "Adagrad",
        "initial_accumulator_value=0.0",
        "initial_accumulator_value=0.1",
        BEFORE_TF,
        "0.0",
    ),
    _default(
        "RMSprop Adagrad Adadelta Adam Adamax Nadam",
        "epsilon=1e-08",
        "epsilon=1e-07",
        (KERAS_1,),
        "1e-8",
    ),
    Row(
        "argument",
        _ALL,
        "epsilon",
        "epsilon",
        (KERAS_2_2, KERAS_2_3),
        translate="epsilon",
        why="None stands for K.epsilon().",
        old="keras.optimizers.Adam(epsilon=None).epsilon",
        new="1e-7",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS, *POSITIONS, *DEFAULTS]
