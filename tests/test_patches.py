"""What kompat replaces in Keras is the table, all of it can be reverted, and it is documented."""

import ast
import importlib
import json
import operator
import os
import subprocess
import sys
import warnings
from pathlib import Path

import fingerprint
import keras
import pytest

import kompat
from kompat import stand_in
from kompat.graph import shapes
from kompat.keras_private import patches
from kompat.keras_private.table import MOMENTS, TABLE, Patch
from kompat.variable import Variable

ROOT = Path(__file__).parent.parent
REPLACEMENT = "test_patches:doubling"


def object_of(path):
    module, _, name = path.partition(":")
    found = importlib.import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found


def attributes(*moments):
    """The attributes that the table replaces on this engine, as `fingerprint` names them."""
    engine = keras.config.backend()
    played = set() if stand_in.is_needed() else {"builtins", "importlib"}
    return sorted(
        f"{fingerprint.path_of(object_of(row.owner))} {name}"
        for row in TABLE
        if row.when in moments and (not row.engines or engine in row.engines)
        if row.package not in played and row.package in sys.modules
        for name in row.attributes
    )


def test_exactly_the_table_is_replaced_and_all_of_it_is_reverted(engine):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", fingerprint.__file__],
        env={**os.environ, "KERAS_BACKEND": engine},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kompat"] == []
    assert found["K"] == attributes("values", "engine", "K")
    # TensorFlow is there as soon as its engine is; other engines do not load it.
    of_install = [x for x in attributes("install") if not x.startswith("tensorflow")]
    loaded = ["tensorflow __getattr__"] if engine == "tensorflow" else []
    of_table = {*found["K"], *of_install, *loaded}
    assert of_table <= {*found["install"]} <= of_table | {*found["old names"]}
    assert found["names with install"] == ["keras._tf_keras.keras.backend", "keras.backend"]
    assert found["uninstall"] == []
    assert found["names after uninstall"] == []
    assert found["K again"] == found["K"]


class Original:
    """What stands in for a class of Keras."""

    def method(self, first, second=0):
        return first

    def other(self, first):
        return first


def doubling(original):
    return lambda self, first: 2 * original(self, first)


@pytest.fixture
def apply(monkeypatch):
    """Makes rows about `Original` the table, and applies them; it is as before afterwards."""
    monkeypatch.setattr(patches, "_applied", {})
    monkeypatch.setattr(patches, "_asked", {})
    monkeypatch.setattr(patches, "_warned", set())
    monkeypatch.setitem(sys.modules, "test_patches", sys.modules[__name__])

    def apply(*rows):
        monkeypatch.setattr(patches, "TABLE", rows)
        patches.apply("K")

    yield apply
    patches.revert()


def row(attribute="method", replacement=REPLACEMENT, **options):
    return Patch(
        owner="test_patches:Original",
        attributes=(attribute,) if isinstance(attribute, str) else attribute,
        replacement=replacement,
        reason="a test",
        without="doubled numbers",
        when="K",
        **options,
    )


def test_a_row_is_applied_once_and_reverted_to_the_very_object(apply):
    method = Original.method
    apply(row(relies_on=("self", "first")))
    patches.apply("K")
    assert Original().method(3) == 6
    patches.revert()
    assert Original.method is method
    patches.resume()
    assert Original().method(3) == 6


def test_what_was_absent_is_absent_again(apply):
    class_before = dict(vars(Original))
    apply(
        row("__eq__", None, how="put"),  # inherited
        row("made_up", None, how="put"),
        row("added", REPLACEMENT, how="add"),
        row("method", REPLACEMENT, how="add"),
        row("other", None, how="drop"),
    )
    assert Original.__eq__ is Original.made_up is None
    assert Original.added is doubling
    assert Original.method is class_before["method"]
    assert not hasattr(Original, "other")
    patches.revert()
    assert dict(vars(Original)) == class_before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (row(relies_on=("self", "batch")), r"method takes \('self', 'first', 'second'\), expected"),
        (row("gone"), "there is no test_patches.Original.gone"),
        (row(("method", "gone")), "there is no test_patches.Original.gone"),
        (row()._replace(owner="test_patches:Moved"), "has no attribute 'Moved'"),
        (row()._replace(owner="test_patches.moved"), "No module named 'test_patches.moved'"),
    ],
)
def test_a_changed_original_is_left_alone_and_one_warning_says_what_is_off(apply, changed, said):
    method = Original.method
    with pytest.warns(UserWarning, match=f"{said}(.|\n)*what is off: doubled numbers") as caught:
        apply(changed)
    assert len(caught) == 1
    assert Original.method is method
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        patches.apply("K")
        patches.revert()
        patches.resume()


def test_a_row_of_another_engine_is_not_applied(apply):
    method = Original.method
    apply(row(engines=("mxnet",)), row()._replace(owner="mxnet:Original"))
    assert Original.method is method


def test_taking_anything_from_kompat_after_uninstall_gives_keras_what_k_needs(K):
    own = shapes.index
    assert keras.KerasTensor.__getitem__ is own
    kompat.uninstall()
    assert kompat.errors.SessionError
    kompat.uninstall()
    assert keras.KerasTensor.__getitem__ is not own
    from kompat import backend

    assert backend is K
    assert keras.KerasTensor.__getitem__ is own
    kompat.uninstall()
    import kompat.backend as imported

    assert imported is K
    assert keras.KerasTensor.__getitem__ is own


def test_install_gives_keras_what_k_needs_again(K):
    kompat.uninstall()
    kompat.install()
    try:
        assert keras.KerasTensor.__getitem__ is shapes.index
    finally:
        kompat.uninstall()


def test_variables_of_keras_have_the_operators_that_tensors_have_too():
    of_tensors = {name for name in vars(Variable) if hasattr(keras.KerasTensor, name)}
    known = vars(operator).keys() | {f"__r{name[2:]}" for name in vars(operator)}
    (replaced,) = (set(r.attributes) for r in TABLE if r.replacement == "kompat.variable:live")
    assert replaced == (of_tensors & known) - {"__eq__", "__doc__"}


def design():
    return (ROOT / "docs" / "design.md").read_text()


def as_documented(table):
    """The rows of docs/design.md about a table of patches."""
    for r in table:
        names = ", ".join(f"`{name}`" for name in r.attributes)
        if len(r.attributes) > 6:
            names = f"the {len(r.attributes)} operators"
        owner = r.owner.replace(":", ".")
        engines = ", ".join(r.engines) or "all"
        yield f"| `{owner}` | {names} | {engines} | {r.when} | {r.reason} | {r.without} |"


def test_the_document_shows_the_table():
    head = "| of | replaced | engines | when | why no other way | off without it |\n|"
    _, _, rest = design().partition(head)
    shown = [line for line in rest.partition("\n\n")[0].splitlines() if line.startswith("| `")]
    expected = list(as_documented(TABLE))
    assert shown == expected, "docs/design.md must have these lines:\n" + "\n".join(expected)
    for moment, said in MOMENTS.items():
        assert f"**{moment}**: {said}" in design()


def package_files():
    return {str(p.relative_to(ROOT / "kompat")): p for p in (ROOT / "kompat").rglob("*.py")}


def test_what_imports_keras_src_stands_in_one_package():
    importing = {
        name
        for name, path in package_files().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any(
            module.startswith("keras.src")
            for module in [getattr(node, "module", None) or "", *(a.name for a in node.names)]
        )
    }
    assert importing
    assert {name for name in importing if not name.startswith("keras_private/")} == set()


def private_names():
    """The attributes with an underscore of the objects of Keras that kompat meets."""
    layer = keras.layers.Dense(1)
    tensor = layer(keras.Input((2,)))
    node = layer._inbound_nodes[-1]
    model = keras.Sequential([layer])
    met = (layer, layer.kernel, tensor, node, node.arguments, model, keras.optimizers.SGD())
    return {
        name
        for x in met
        for name in dir(x)
        if name.startswith("_") and not name.startswith(("__", "_kompat"))
    }


def test_files_outside_that_touch_private_attributes_are_documented(engine):
    if engine != "numpy":
        pytest.skip("elsewhere layers have private names of the engine's own")
    _, _, rest = design().partition("### Read, not replaced\n")
    documented = rest.partition("\n## ")[0]
    names, touching = private_names(), {}
    for name, path in package_files().items():
        if name.startswith("keras_private/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Attribute) or node.attr not in names:
                continue
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                touching.setdefault(name, set()).add(node.attr)
    assert {n: a for n, a in touching.items() if f"`{n}`" not in documented} == {}
