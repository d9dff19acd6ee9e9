"""The pure core: what a meeting is and by which rules it changes. Standard library only; no clock, no I/O.

Nothing here may import from outside `meetingsvc.core`.
"""
