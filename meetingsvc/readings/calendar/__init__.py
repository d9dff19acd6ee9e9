"""Calendars: what people's own calendars are told of a meeting. Pure: facts in, bytes out.

facts.py (the shapes), text.py (what people typed made harmless), zones.py (VTIMEZONE), events.py (one VEVENT),
words.py (descriptions), files.py (whole files). Not here: who is asked, who gets what (invitations), sending (mail).
"""
