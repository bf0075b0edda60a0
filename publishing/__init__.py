"""What is made of this repository for others: released packages, the pages as a site."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parent.parent
"""The folder of the repository."""
