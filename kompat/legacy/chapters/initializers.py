"""Initializers: names and arguments."""

from kompat.legacy.row import Row

ROWS: list[Row] = []
