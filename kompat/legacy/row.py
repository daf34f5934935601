"""A difference between an old Keras and today's, as a row of data; imports nothing of a framework.

What a row does depends on its kind:

=========  ===========================================  ========================================
kind       `was`                                        `now`
=========  ===========================================  ========================================
module     the address of a module                      where its names are today, best first
name       a name of the module `where`                 the address of what takes its place
removed    a name of the module `where`                 "": it raises; `why` and `mend` say more
argument   arguments of `where`, by name                one argument, a method such as ``weights()``
                                                        for the object, or "" to pass over it
refused    an argument of `where`                       "": it raises; `why` and `mend` say more
positions  the order of the arguments of `where`        "": they are passed by name
default    the default of an argument of `where`        what it is today
method     a method or attribute of `where`             the address of what takes its place
semantics  what `where` does, in words                  what it does today, in words
=========  ===========================================  ========================================
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "module",
    "name",
    "removed",
    "argument",
    "refused",
    "positions",
    "default",
    "method",
    "semantics",
]
KERAS_1, KERAS_2_2, KERAS_2_3, TF_KERAS = VERSIONS = ("1.2", "2.2", "2.3", "tf")
BEFORE_2_3 = (KERAS_1, KERAS_2_2)
BEFORE_TF = (KERAS_1, KERAS_2_2, KERAS_2_3)


@dataclass(frozen=True)
class Row:
    """One difference.

    Args:
        kind: see the module.
        where: what it belongs to, by today's addresses, separated by blanks.
        was: its old form; several names are separated by blanks.
        now: today's form.
        versions: the versions of Keras that had it.
        translate: the function of `kompat.legacy.values` that translates the value.
        numbers: whether it changes what models compute.
        why: the reason, where it is no mere renaming.
        mend: the modern way, where something is gone.
        old: a small example, an expression that needs the old Keras.
        new: the same for today's Keras, without kompat.
    """

    kind: Kind
    where: str
    was: str
    now: str = ""
    versions: tuple[str, ...] = VERSIONS
    translate: str = ""
    numbers: bool = False
    why: str = ""
    mend: str = ""
    old: str = ""
    new: str = ""

    @property
    def owners(self) -> list[str]:
        """The addresses in `where`."""
        return self.where.split()


def modules(homes: str, *was: str, why: str = "") -> list[Row]:
    """Modules whose names are found in the modules `homes` today."""
    return [Row("module", "", name, homes, why=why, old=f"import {name}") for name in was]


def names(where: str, **now: str) -> list[Row]:
    """Names of a module, each with the address of what takes its place."""
    return [
        Row("name", where, was, address, old=f"from {where} import {was}")
        for was, address in now.items()
    ]


def removed(where: str, was: str, why: str, mend: str) -> list[Row]:
    """Names of a module that nothing takes the place of."""
    return [
        Row("removed", where, name, why=why, mend=mend, old=f"from {where} import {name}")
        for name in was.split()
    ]


def arguments(
    where: str,
    was: str,
    now: str,
    old: str = "",
    new: str = "",
    versions: tuple[str, ...] = VERSIONS,
    translate: str = "",
    numbers: bool = False,
    why: str = "",
) -> list[Row]:
    """One argument, or several that are one today."""
    return [
        Row("argument", where, was, now, versions, translate, numbers, why, "", old, new),
    ]


def positions(
    where: str,
    order: str,
    versions: tuple[str, ...] = VERSIONS,
    translate: str = "",
    **example: str,
) -> list[Row]:
    """The order of the arguments; `translate` names a condition on them."""
    return [Row("positions", where, order, "", versions, translate, **example)]  # type: ignore[arg-type]


def default(
    where: str, was: str, now: str, versions: tuple[str, ...], why: str = "", **example: str
) -> list[Row]:
    """A default that changed what models compute: both as ``name=value``."""
    return [Row("default", where, was, now, versions, numbers=True, why=why, **example)]  # type: ignore[arg-type]
