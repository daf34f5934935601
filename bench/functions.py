"""K.function on the engine of this process, beside the same network by hand, as JSON.

KERAS_BACKEND=torch python -m bench.functions
"""

import dataclasses
import json

from bench import rows
from bench.timing import Pace

BUDGETS = {"function, training step": 1.3}


def main() -> None:
    """Print the results on the last line."""
    from kompat import backend as K

    asked = [dataclasses.replace(row, budget=BUDGETS.get(row.name)) for row in rows.FUNCTIONS]
    results = rows.measure(K, {}, Pace(), asked)
    print(json.dumps([dataclasses.asdict(result) for result in results]))


if __name__ == "__main__":
    main()
