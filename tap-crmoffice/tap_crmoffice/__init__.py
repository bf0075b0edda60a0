"""Singer tap for CRMOffice."""
