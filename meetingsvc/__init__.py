"""meetingsvc: coordination of meetings where some people sit in the room and others are far away."""

__version__ = "0.1.0"
