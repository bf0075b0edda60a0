"""The page of `links report`: the state of the sync for people who open one file in a browser."""
