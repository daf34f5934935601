"""Adapters: registered ones, those of entry points, and what any array protocol gives."""

import os
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest

import kompat
from kompat.errors import (
    ImmutableValueError,
    LossyWriteError,
    ShapeMismatchError,
    UnavailableValueError,
    ViewRefusedError,
)
from kompat.values import adapter

get_value, set_value = kompat.get_value, kompat.set_value


@pytest.fixture
def Dial():
    """A type that kompat has never seen, with a float32 position."""

    class Dial:
        def __init__(self, position):
            self.position = np.array(position, np.float32)

    return Dial


def turn(dial, array):
    dial.position = array


def test_read_and_write_functions(Dial):
    kompat.register_adapter(Dial, read=lambda dial: dial.position, write=turn)
    dial, source = Dial([1, 2]), np.array([3.0, 4.0])
    set_value(dial, source)
    source[:] = 0
    assert dial.position.dtype == np.float32
    assert dial.position.tolist() == [3, 4]
    get_value(dial)[:] = 9
    assert get_value(dial).tolist() == [3, 4]
    assert type(get_value(Dial(2.5))) is np.float32


@pytest.mark.parametrize(
    ("wrong", "error"), [([1.0], ShapeMismatchError), ([1e300, 0], LossyWriteError)], ids=str
)
def test_the_write_function_sees_only_values_that_fit(Dial, wrong, error):
    written = []
    kompat.register_adapter(
        Dial, read=lambda dial: dial.position, write=lambda dial, array: written.append(array)
    )
    with pytest.raises(error, match="Dial"):
        set_value(Dial([1, 2]), wrong)
    assert written == []


def test_a_view_of_a_registered_type_is_refused(Dial):
    kompat.register_adapter(Dial, read=lambda dial: dial.position, write=turn)
    with pytest.raises(ViewRefusedError, match="Dial"):
        get_value(Dial(1.0), copy=False)


def test_without_a_write_function_it_is_read_only(Dial):
    kompat.register_adapter(Dial, read=lambda dial: dial.position)
    dial, array = Dial([1, 2]), np.zeros(2)
    assert get_value(dial).tolist() == [1, 2]
    with pytest.raises(ImmutableValueError, match=r"register_adapter\(Dial, read=\.\.\., write="):
        set_value(dial, [3, 4])
    with pytest.raises(ImmutableValueError):
        kompat.batch_set_value([(array, [1, 1]), (dial, [3, 4])])
    assert array.tolist() == [0, 0]


def test_subclasses_are_served_and_the_nearest_registration_wins(Dial):
    class Knob(Dial):
        pass

    class Button(Knob):
        pass

    kompat.register_adapter(Dial, read=lambda dial: 1.0)
    assert get_value(Button(0.0)) == 1
    kompat.register_adapter(Knob, read=lambda dial: 2.0)
    assert [get_value(cls(0.0)) for cls in (Dial, Knob, Button)] == [1, 2, 2]
    kompat.register_adapter(Dial, read=lambda dial: 3.0)
    assert [get_value(cls(0.0)) for cls in (Dial, Knob, Button)] == [3, 2, 2]


def test_a_registration_takes_effect_after_the_type_was_met(Dial):
    dial = Dial(1.0)
    with pytest.raises(kompat.errors.NotAVariableError, match=r"received Dial(.|\n)*register"):
        get_value(dial)
    with pytest.raises(kompat.errors.NotAVariableError):
        set_value(dial, 2.0)
    kompat.register_adapter(Dial, read=lambda dial: dial.position, write=turn)
    set_value(dial, 2.0)
    assert get_value(dial) == 2


def test_a_registration_goes_before_the_array_protocols():
    class Celsius(np.ndarray):
        pass

    kompat.register_adapter(Celsius, read=lambda x: np.asarray(x) + 273)
    assert get_value(np.zeros(2).view(Celsius)).tolist() == [273, 273]


def test_a_subclass_of_adapter(Dial):
    class DialAdapter(kompat.Adapter):
        def name(self, x):
            return "the dial"

        def spec(self, x):
            return x.position.shape, x.position.dtype

        def read(self, x, copy=True):
            return x.position.copy() if copy else x.position.view()

        def commit(self, staged):
            for x, array in staged:
                x.position = array

    kompat.register_adapter(Dial, DialAdapter())
    dial, other = Dial([1, 2]), Dial([5])
    set_value(dial, [3, 4])
    assert kompat.batch_get_value([dial, other])[0].tolist() == [3, 4]
    with pytest.raises(ShapeMismatchError, match="the dial"):
        kompat.batch_set_value([(dial, [5, 6]), (other, [7, 8])])
    assert get_value(dial).tolist() == [3, 4]
    assert np.shares_memory(get_value(dial, copy=False), dial.position)


def test_the_value_of_a_registered_type_can_be_written_elsewhere(Dial):
    kompat.register_adapter(Dial, read=lambda dial: dial.position)
    array = np.zeros(2)
    set_value(array, Dial([3, 4]))
    assert array.tolist() == [3, 4]


class Anything(kompat.Adapter):
    pass


WRONG = {
    "no class": (3.0, {"read": abs}, "expects a class"),
    "neither": (Anything, {}, "an Adapter or a read function"),
    "write alone": (Anything, {"write": abs}, "an Adapter or a read function"),
    "both": (Anything, {"adapter": Anything(), "read": abs}, "an Adapter or a read function"),
    "adapter and write": (Anything, {"adapter": Anything(), "write": abs}, "write"),
    "a function for an adapter": (Anything, {"adapter": abs}, "Adapter.*abs"),
    "a class for an adapter": (Anything, {"adapter": Anything}, "Adapter.*Anything"),
}


@pytest.mark.parametrize(("cls", "arguments", "match"), WRONG.values(), ids=WRONG)
def test_wrong_arguments(cls, arguments, match):
    with pytest.raises(TypeError, match=match):
        kompat.register_adapter(cls, **arguments)
    with pytest.raises(kompat.errors.NotAVariableError):
        get_value(Anything())


class ArrayOnly:
    """Speaks NumPy's protocol and nothing else."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype) if copy else np.asarray(self.array, dtype)


class DlpackOnly:
    """Speaks DLPack and nothing else."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


protocols = pytest.mark.parametrize("cls", [ArrayOnly, DlpackOnly])


@protocols
def test_arrays_of_unknown_types_are_read_as_fresh_copies(cls):
    array = np.array([[2**53 + 1, 2], [3, 4]])
    value = get_value(cls(array[:, ::-1]))
    assert value.tolist() == [[2, 2**53 + 1], [4, 3]]
    assert value.flags.writeable
    assert not np.shares_memory(value, array)
    assert type(get_value(cls(np.array(1.5, np.float32)))) is np.float32


@protocols
def test_arrays_of_unknown_types_are_not_written_or_viewed(cls):
    x = cls(np.array([1.0, 2.0]))
    with pytest.raises(ImmutableValueError, match=r"kompat\.register_adapter\(") as error:
        set_value(x, [3, 4])
    assert "never changes" not in str(error.value)
    with pytest.raises(ViewRefusedError, match=cls.__name__):
        get_value(x, copy=False)
    assert x.array.tolist() == [1, 2]


@protocols
def test_arrays_of_unknown_types_are_written_to_others(cls):
    target = np.zeros(2, np.float32)
    set_value(target, cls(np.array([1.5, 2.5])))
    assert target.tolist() == [1.5, 2.5]


@pytest.mark.parametrize("protocol", ["__array__", "__dlpack__"])
def test_an_array_that_cannot_be_exported(protocol):
    def fail(self, *args, **options):
        raise BufferError("it lies on another planet")

    device = {"__dlpack_device__": lambda self: (1, 0)}
    x = type("Remote", (), {protocol: fail} | device)()
    target = np.zeros(2)
    for action in (lambda: get_value(x), lambda: set_value(target, x)):
        with pytest.raises(UnavailableValueError, match=r"Remote(.|\n)*another planet") as error:
            action()
        assert isinstance(error.value.__cause__, BufferError)
    assert target.tolist() == [0, 0]


def python(code, *path):
    """Run `code` in a fresh interpreter."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [*path, *sys.path]))}
    command = [sys.executable, "-W", "error", "-c", dedent(code)]
    subprocess.run(command, env=environment, check=True, timeout=60)


def test_arrays_and_numbers_bring_no_framework():
    python("""
        import sys
        import numpy as np
        import kompat

        array = np.zeros(2)
        kompat.set_value(array, [1, 2])
        kompat.batch_set_value([(array, [3, 4])])
        assert kompat.batch_get_value([array, 1.5, None, "text"])[1:] == [1.5, None, "text"]
        copy = kompat.get_value(array)
        assert copy.tolist() == [3, 4] and not np.shares_memory(copy, array)
        try:
            kompat.set_value(1.5, 2.5)
        except kompat.errors.NotAVariableError:
            pass
        frameworks = {"keras", "jax", "flax", "torch", "tensorflow"}
        assert not frameworks & set(sys.modules)
    """)


def plug_in(folder, code):
    """A package that offers the adapter of `gauges`, installed in `folder`."""
    (folder / "gauges.py").write_text("class Gauge:\n    level = 1.5\n")
    (folder / "gauges_for_kompat.py").write_text(dedent(code))
    information = folder / "gauges_for_kompat-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: gauges-for-kompat\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text(
        "[kompat.adapters]\ngauges = gauges_for_kompat:register\n"
    )


def test_an_entry_point_is_loaded_with_its_framework(tmp_path):
    plug_in(
        tmp_path,
        """
        from gauges import Gauge
        from kompat import register_adapter

        def register():
            register_adapter(
                Gauge,
                read=lambda gauge: gauge.level,
                write=lambda gauge, array: setattr(gauge, "level", float(array)),
            )
        """,
    )
    python(
        """
        import sys
        import kompat

        assert kompat.get_value(1) == 1
        assert "gauges_for_kompat" not in sys.modules
        import gauges

        assert kompat.get_value(2) == 2
        gauge = gauges.Gauge()
        kompat.set_value(gauge, kompat.get_value(gauge) + 1)
        assert gauge.level == 2.5
        assert "gauges_for_kompat" in sys.modules
        """,
        tmp_path,
    )


def test_threads_that_meet_a_type_together_load_its_entry_point_once_and_all_find_it(tmp_path):
    plug_in(
        tmp_path,
        """
        import time
        from gauges import Gauge
        from kompat import register_adapter

        calls = []

        def register():
            calls.append(1)
            time.sleep(0.2)
            register_adapter(Gauge, read=lambda gauge: gauge.level)
        """,
    )
    python(
        """
        from concurrent.futures import ThreadPoolExecutor
        import gauges
        import kompat

        with ThreadPoolExecutor(4) as pool:
            read = list(pool.map(kompat.get_value, [gauges.Gauge() for _ in range(4)]))
        assert read == [1.5] * 4
        import gauges_for_kompat
        assert gauges_for_kompat.calls == [1]
        """,
        tmp_path,
    )


def test_a_broken_entry_point_is_reported_and_breaks_nothing_else(tmp_path):
    plug_in(tmp_path, "def register():\n    raise OSError('no gauge is connected')\n")
    python(
        """
        import warnings
        import gauges
        import kompat
        import numpy as np

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert kompat.get_value(np.float32(2)) == 2
        assert "gauges_for_kompat:register" in str(caught[0].message)
        assert "no gauge is connected" in str(caught[0].message)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                kompat.get_value(gauges.Gauge())
            except kompat.errors.NotAVariableError as error:
                assert "Gauge" in str(error)
        """,
        tmp_path,
    )


def test_classes_made_without_end_are_not_all_remembered():
    for _ in range(adapter._MOST_TYPES + 10):
        with pytest.raises(kompat.errors.NotAVariableError):
            kompat.get_value(type("Passing", (), {})())
    assert len(adapter.found) <= adapter._MOST_TYPES


def test_an_adapter_whose_commit_fails_leaves_the_batch_as_it_was():
    class Device:
        shape, dtype = (), np.dtype("float32")

    class Broken(kompat.Adapter):
        def read(self, x, copy=True):
            return np.float32(0)

        def commit(self, staged):
            raise OSError("unplugged")

    kompat.register_adapter(Device, Broken())
    first = np.zeros(2)
    with pytest.raises(OSError, match="unplugged"):
        kompat.batch_set_value([(first, [1, 1]), (Device(), 2.0)])
    np.testing.assert_array_equal(first, [0, 0])
