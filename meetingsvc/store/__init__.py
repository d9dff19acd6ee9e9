"""What is kept: the log, its codec and chain, answers to keys, people, links. SQLAlchemy and nothing else.

Nothing here knows a rule of procedure, a request or a screen; `meetingsvc.meetings` is the door through
which a meeting's log is written.
"""
