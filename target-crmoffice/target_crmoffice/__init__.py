"""Singer target for CRMOffice."""
