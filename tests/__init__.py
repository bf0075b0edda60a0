"""Tests across the plugins, on the sandbox."""
