"""The CRMOffice side."""
