"""`python -m target_crmoffice`."""

from target_crmoffice.target import TargetCrmOffice

TargetCrmOffice.cli()
