"""The CRMOffice and the Trello REST API on 127.0.0.1, with their real restrictions."""
