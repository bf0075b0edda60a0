"""`python -m tap_crmoffice`."""

from tap_crmoffice.tap import TapCrmOffice

TapCrmOffice.cli()
