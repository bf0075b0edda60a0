"""What becomes of a record: matched, created, merged, held, deleted; and in which order."""
