"""Tests that share something slow run in one worker, so that it is made once."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("groups")
def test_a_worker_knows_the_groups(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("only with --dist loadgroup, as make test has it")
    assert request.node.nodeid.endswith("@groups")
