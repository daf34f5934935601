"""Show that what the README promises holds on a machine that has never seen kompat.

    python3 -m tests.fresh [extra ...]

1. Build the sdist from a copy of the tree, and the wheel from the sdist.  2. For each extra make an
empty virtual environment outside of the checkout and install the wheel there.  3. Play the cases
of that extra, each in an empty folder with an empty home and nothing of the caller's environment.
4. Print a line for each case; the exit status is 1 if one has failed.

It needs nothing but Python and pip, which installs what pip is configured to find.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fresh.cases import BESIDE, CASES, EXTRAS, Case
from tests.fresh.distributions import Distributions
from tests.fresh.documents import DOCUMENTS
from tests.fresh.environment import Environment, play

WORKERS = 2
LINES = 12

Verdict = tuple[str, str]
"""The name of a case, and what is wrong; "" if nothing is."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.fresh")
    parser.add_argument("extras", nargs="*", metavar="extra", help=", ".join(EXTRAS))
    extras = parser.parse_args().extras or list(EXTRAS)
    if unknown := set(extras) - set(EXTRAS):
        parser.error(f"expected extras of {', '.join(EXTRAS)}, received {', '.join(unknown)}")
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="kompat-fresh-") as name:
        folder = Path(name)
        built = Distributions(folder / "built")
        report("build", built.verdicts(), verdicts)
        for extra in extras:
            report(extra, play_extra(extra, built.wheel, folder / extra), verdicts)
    failed = sum(bool(wrong) for _, wrong in verdicts)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


def play_extra(extra: str, wheel: Path, folder: Path) -> Iterable[Verdict]:
    """Install the extra, and play its cases: first those that need nothing else installed."""
    environment = Environment(folder)
    try:
        environment.install(wheel, *EXTRAS[extra])
    except subprocess.CalledProcessError as error:
        yield "pip installs it", error.stdout
        return
    yield "pip installs it", ""
    environment.add_modules(BESIDE)
    cases = [case for case in (*DOCUMENTS, *CASES) if extra in case.extras]
    alone = [case for case in cases if not case.needs]
    with ThreadPoolExecutor(WORKERS) as pool:

        def judged(case: Case) -> Verdict:
            return case.name, play(case, environment)

        yield from pool.map(judged, alone)
        others = [case for case in cases if case.needs]
        if others:
            needs = {need for case in others for need in case.needs}
            environment.install(wheel, *sorted(needs))
            yield from pool.map(judged, others)


def report(part: str, verdicts: Iterable[Verdict], into: list[Verdict]) -> None:
    """Print each verdict as it comes, and collect it."""
    for name, wrong in verdicts:
        print(f"{'FAIL' if wrong else 'ok  '}  {part}: {name}", flush=True)
        if wrong:
            print("      " + "\n      ".join(shortened(wrong)), flush=True)
        into.append((name, wrong))


def shortened(wrong: str) -> list[str]:
    """The first lines, which say what was expected, and the last, which say what went wrong."""
    lines = wrong.strip().splitlines()
    return lines if len(lines) <= LINES else [*lines[:3], "...", *lines[3 - LINES :]]


if __name__ == "__main__":
    sys.exit(main())
