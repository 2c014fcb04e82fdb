"""``python -m genplay``."""

from __future__ import annotations

import sys

from genplay.cli import main

if __name__ == "__main__":
    sys.exit(main())
