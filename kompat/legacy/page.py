"""``docs/legacy.md``, written from the rows: ``python -m kompat.legacy.page > docs/legacy.md``."""

from kompat.legacy.chapters import CHAPTERS
from kompat.legacy.row import VERSIONS, Row

_START = """\
# What old Keras had, and what it is today

`kompat run` and `kompat.install()` let code of Keras 1.2, 2.2, 2.3 and of tf.keras find all of
this; where it is gone, the error says what to write instead. Every line is a row of data in
`kompat/legacy/chapters`, from which this page is written, and the tests run the example of each.
Lines with ● change what a model computes: kompat keeps the old numbers.
"""
_VERBS = {
    "module": "modules",
    "name": "names",
    "argument": "arguments",
    "positions": "orders of arguments",
    "default": "defaults",
    "method": "methods and attributes",
    "refused": "arguments that are gone",
    "removed": "names that are gone",
}


def page() -> str:
    """The whole page."""
    chapters = (_chapter(name, rows) for name, rows in CHAPTERS.items() if rows)
    return "\n".join([_START, *chapters])


def _chapter(name: str, rows: list[Row]) -> str:
    parts = [f"## {name.capitalize()}\n"]
    for kind, title in _VERBS.items():
        lines = [_line(row) for row in rows if row.kind == kind]
        if lines:
            parts += [f"| {title} | today | of | |", "| --- | --- | --- | --- |", *lines, ""]
    return "\n".join(parts)


def _line(row: Row) -> str:
    was = f"`{_short(row.owners)}{_was(row)}`"
    now = f"`{row.now}`" if row.now else ""
    versions = "" if row.versions == VERSIONS else ", ".join(row.versions)
    notes = [row.why, row.mend]
    if row.kind == "positions":
        now, notes = f"`{row.new}`", [f"`{row.old}`", *notes]
    marked = ["●"] if row.numbers else []
    return f"| {was} | {now} | {versions} | {' '.join([*marked, *filter(None, notes)])} |"


def _was(row: Row) -> str:
    if row.kind in ("argument", "positions", "default", "refused"):
        return f"({', '.join(row.was.split())})"
    return row.was if row.kind == "module" else f".{row.was}"


def _short(owners: list[str]) -> str:
    """Addresses: the first in full, of the others their last names."""
    names = [owner.rpartition(".")[2] for owner in owners[1:]]
    return ", ".join([*owners[:1], *names]).removeprefix("kompat.legacy.forms.")


if __name__ == "__main__":
    print(page(), end="")
