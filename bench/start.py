"""From the start of a program to its first results, on every engine that is installed.

    python -m bench.start

In fresh processes: the import of Keras, the import of K, the first run of a K.function, its second
run, and a run with a new shape. Times are medians in seconds, files are in the page cache.
"""

import json
from importlib.util import find_spec
from statistics import median

from bench import processes, report

ROUNDS = 5
ENGINES = ("jax", "torch", "tensorflow", "numpy")
HEADINGS = ("engine", "import keras", "import of K", "first run", "second run", "new shape")

_IMPORT = """
import json
from time import perf_counter
start = perf_counter()
import keras
print(json.dumps([perf_counter() - start]))
"""
# A loss and its gradient, which NumPy does not have.
_RUN = """
import json
from time import perf_counter
start = perf_counter()
from kompat import backend as K
times = [perf_counter() - start]
import numpy as np
x, w = K.placeholder((None, 64)), K.variable(np.ones((64, 10)))
loss = K.mean(K.square(K.dot(x, w)))
for rows in (8, 8, 9):
    batch = np.ones((rows, 64), "float32")
    start = perf_counter()
    if len(times) == 1:
        made = [] if K.backend() == "numpy" else K.gradients(loss, [w])
        function = K.function([x], [loss, *made])
    function([batch])
    times.append(perf_counter() - start)
print(json.dumps(times))
"""


def main() -> None:
    found = [engine for engine in ENGINES if find_spec(engine) is not None]
    times: dict[str, list[list[float]]] = {engine: [] for engine in found}
    for _ in range(ROUNDS):
        for engine in found:
            answers = [processes.run(program, engine) for program in (_IMPORT, _RUN)]
            times[engine].append([x for answer in answers for x in json.loads(answer)])
    cells = [
        [engine, *(f"{median(column):.3f}" for column in zip(*rounds))]
        for engine, rounds in times.items()
    ]
    print("\n".join(report.markdown(HEADINGS, cells)))


if __name__ == "__main__":
    main()
