"""``python -m kompat``: the command line."""

import sys

from kompat.tools import main

sys.exit(main())
