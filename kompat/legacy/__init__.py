"""What old versions of Keras had, in terms of today's: rows of data, and what runs code by them.

`CHAPTERS` and `ROWS` need no framework. `kompat.install` applies what `modules`, `names` and
`changes` make of them, in Keras, and takes it back.
"""

from kompat.legacy.chapters import CHAPTERS, ROWS
from kompat.legacy.row import VERSIONS, Row

__all__ = ["CHAPTERS", "ROWS", "VERSIONS", "Row"]
