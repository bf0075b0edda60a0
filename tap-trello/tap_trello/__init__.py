"""Singer tap for Trello."""
