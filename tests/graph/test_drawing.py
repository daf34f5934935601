"""kompat.draw: what the picture says."""

import pytest

import kompat


def test_the_picture_names_placeholders_variables_and_updates(K, tmp_path):
    x = K.placeholder(shape=(None, 3), name="pixels")
    w = K.variable([1.0, 2.0, 3.0], name="weights")
    f = K.function(
        [x], [K.sum(x * w)], updates=[K.update_add(w, K.sum(x, axis=0)), (w, w * K.sum(x))]
    )
    picture = kompat.draw(f, tmp_path / "graph.svg")
    text = picture.read_text()
    for word in ("pixels", "(None, 3)", "weights", "Multiply", "Assign", "dasharray"):
        assert word in text, word
    assert kompat.draw([K.sum(x)], tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_only_graphs_are_drawn(K, tmp_path):
    with pytest.raises(TypeError, match="symbolic"):
        kompat.draw(3.0, tmp_path / "graph.svg")
