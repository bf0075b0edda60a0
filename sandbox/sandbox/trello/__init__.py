"""The Trello side."""
