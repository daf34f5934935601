"""What is passed by mistake: the name of each bad value, and how it is made for one call.

Each is made anew, since a generator is used up by the first who reads it. What a package that is
not installed would make is left out.
"""

import datetime
import decimal
import fractions
import io
import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np


def cyclic() -> list[Any]:
    """A list that contains itself."""
    found: list[Any] = [1.0]
    found.append(found)
    return found


def deep(levels: int = 3000) -> list[Any]:
    """A list in a list in a list."""
    found: list[Any] = [1.0]
    for _ in range(levels):
        found = [found]
    return found


class ShapeAlone:
    """Something that has a shape, and nothing else of a tensor."""

    shape = (2, 3)


class DtypeAlone:
    """Something that has a dtype, and nothing else of a tensor."""

    dtype = "float32"


class Pretender:
    """Something that looks like a tensor, and holds nothing."""

    shape, dtype, ndim = (2, 3), "float32", 2


class Words:
    """Something that NumPy reads as text."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(["a", "b"])


PLAIN: dict[str, Any] = {
    "None": None,
    "True": True,
    "no text": "",
    "text": "text",
    "a dtype": "float32",
    "bytes": b"bytes",
    "a type": int,
    "an ellipsis": ...,
    "0": 0,
    "-1": -1,
    "7": 7,
    "10**9": 10**9,
    "2**62": 2**62,
    "10**30": 10**30,
    "-10**30": -(10**30),
    "10**5000": 10**5000,
    "1.5": 1.5,
    "1e300": 1e300,
    "nan": math.nan,
    "inf": math.inf,
    "1j": 1j,
    "a decimal": decimal.Decimal("1.5"),
    "a fraction": fractions.Fraction(1, 3),
    "a date": datetime.date(2000, 1, 1),
    "a duration": datetime.timedelta(1),
    "no items": (),
    "a range": range(3),
    "a frozen set": frozenset([1.0]),
    "three large sizes": (10**6,) * 3,
    "a large size": (10**9,),
    "negative sizes": (-1, -1),
    "pairs of large sizes": ((10**9, 10**9), (10**9, 10**9)),
    "a module": math,
    "a function": lambda *_: None,
}

MADE: dict[str, Callable[[Any], Any]] = {
    "an empty list": lambda K: [],
    "a dictionary": lambda K: {"a": 1.0},
    "a set": lambda K: {1.0, 2.0},
    "a ragged list": lambda K: [[1.0], [2.0, 3.0]],
    "a cyclic list": lambda K: cyclic(),
    "a deep list": lambda K: deep(),
    "a list of text": lambda K: ["a", "b"],
    "a list of None": lambda K: [None, None],
    "a list of objects": lambda K: [object()],
    "a tensor beside None": lambda K: [K.constant([1.0]), None],
    "an object": lambda K: object(),
    "a generator": lambda K: (n for n in (1.0, 2.0)),
    "an iterator": lambda K: iter([1.0, 2.0]),
    "a zip": lambda K: zip([1.0], [2.0]),
    "a mutable string of bytes": lambda K: bytearray(b"ab"),
    "a file": lambda K: io.StringIO("1.0"),
    "an error": lambda K: ValueError("1.0"),
    "an array of objects": lambda K: np.array([None, {}], object),
    "an array of text": lambda K: np.array(["a", "b"]),
    "an array of dates": lambda K: np.array(["2000-01-01"], "datetime64[D]"),
    "an array of records": lambda K: np.zeros(2, [("a", "f4"), ("b", "i4")]),
    "an array of nothing": lambda K: np.zeros((0,), "float32"),
    "an array of five axes": lambda K: np.ones((2, 1, 2, 1, 2), "float32"),
    "an array of NaN": lambda K: np.full((2, 3), math.nan, "float32"),
    "a masked array": lambda K: np.ma.masked_array([1.0, 2.0], [True, False]),
    "a matrix of integers": lambda K: np.array([[1, 2], [3, 4]]),
    "large sizes in an array": lambda K: np.array([10**6] * 3),
    "a tensor of another shape": lambda K: K.constant(np.ones(11)),
    "large sizes in a tensor": lambda K: K.constant([2**30, 2**30], dtype="int32"),
    "a variable of another shape": lambda K: K.variable(np.ones((1, 4))),
    "a symbolic tensor": lambda K: K.placeholder(shape=(None, 3)),
    "a layer": lambda K: keras.layers.Dense(1),
    "a shape alone": lambda K: ShapeAlone(),
    "a dtype alone": lambda K: DtypeAlone(),
    "a pretender": lambda K: Pretender(),
    "words": lambda K: Words(),
}

if find_spec("scipy"):
    import scipy.sparse

    MADE["a sparse matrix"] = lambda K: scipy.sparse.eye(3).tocsr()

if find_spec("pandas"):
    import pandas

    MADE["a data frame"] = lambda K: pandas.DataFrame({"a": [1.0], "b": ["text"]})

BAD: dict[str, Callable[[Any], Any]] = {
    **{name: lambda K, value=value: value for name, value in PLAIN.items()},
    **MADE,
}
