"""Makes ``sandbox`` name this package in every pytest run.

Pytest's ``importlib`` mode names test modules by their path, and in a repository where
the package lies in a folder of its own name that path begins with ``sandbox`` too. As a
plugin the package is there first.
"""

from __future__ import annotations
