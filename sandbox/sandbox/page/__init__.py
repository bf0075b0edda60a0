"""The page at the sandbox's address: both systems side by side, and a button that syncs them."""
