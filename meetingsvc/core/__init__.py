"""The pure core: what a meeting is and by which rules it changes. Standard library only; no clock, no I/O.

From below: kernel, schema, order, rules, roles · the parts with their states and events, which never change
their meaning · state and history, the fold · commands, what may be asked and how it is judged · decide.
Nothing here may import from outside `meetingsvc.core`.
"""
