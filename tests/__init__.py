"""The suite. Folders follow the floors of the house; `given.py` is how rules are told."""
