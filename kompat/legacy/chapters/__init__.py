"""The differences between old Keras and today's, a chapter per part of Keras."""

from kompat.legacy.chapters import (
    activations,
    applications,
    callbacks,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    modules,
    optimizers,
    preprocessing,
    regularizers,
    utils,
    wrappers,
)
from kompat.legacy.row import Row

CHAPTERS: dict[str, list[Row]] = {
    "modules": modules.ROWS,
    "layers": layers.ROWS,
    "activations": activations.ROWS,
    "models": models.ROWS,
    "optimizers": optimizers.ROWS,
    "callbacks": callbacks.ROWS,
    "initializers": initializers.ROWS,
    "regularizers": regularizers.ROWS,
    "constraints": constraints.ROWS,
    "losses": losses.ROWS,
    "metrics": metrics.ROWS,
    "preprocessing": preprocessing.ROWS,
    "utils": utils.ROWS,
    "applications": applications.ROWS,
    "datasets": datasets.ROWS,
    "wrappers": wrappers.ROWS,
}
ROWS: list[Row] = [row for rows in CHAPTERS.values() for row in rows]

__all__ = ["CHAPTERS", "ROWS"]
