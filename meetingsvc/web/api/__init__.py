"""For programs: commands in, states, calendars and the service's own health out.

Not here: pages for people (web/pages), the frame of every request (web).
"""
