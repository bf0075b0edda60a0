"""Measurements: ratios within one run on one machine, against a named peer."""
