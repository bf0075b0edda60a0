"""The command `links`: looking into the link store, and changing links by hand."""
