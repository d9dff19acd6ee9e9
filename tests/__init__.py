"""The suite. Folders follow those of the service; `given.py` is how rules are told."""
