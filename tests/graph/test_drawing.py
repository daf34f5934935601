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


def test_names_are_drawn_as_they_are(K, tmp_path):
    x = K.placeholder(shape=(2,), name=r"$\frac{$")
    text = kompat.draw(K.sum(x), tmp_path / "graph.svg").read_text()
    assert r"$\frac{$" in text


@pytest.mark.parametrize("name", ["graph", "graph.pgf", "graph.ps", "graph.svgz"])
def test_pictures_are_svg_png_or_pdf(K, tmp_path, name):
    with pytest.raises(ValueError, match=r"ending in \.svg, \.png, \.pdf, received"):
        kompat.draw(K.placeholder(shape=(2,)) * 2, tmp_path / name)
    assert not list(tmp_path.iterdir())
