"""`python -m target_trello`."""

from target_trello.target import TargetTrello

TargetTrello.cli()
