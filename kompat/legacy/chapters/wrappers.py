"""Wrappers for scikit-learn."""

from kompat.legacy.row import Row

ROWS: list[Row] = []
