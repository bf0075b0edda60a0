"""Singer target for Trello."""
