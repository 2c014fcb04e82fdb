"""``python -m genplay``."""

from __future__ import annotations

from genplay.cli import program

if __name__ == "__main__":
    program()
