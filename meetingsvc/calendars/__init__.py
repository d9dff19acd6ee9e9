"""Calendars: what people's own calendars are told of a meeting. Pure: facts in, bytes out.

appointment.py (the shapes), safe_text.py (what people typed made harmless), zones.py (VTIMEZONE), local_time.py (wall
times and moments; pages use it too), series.py (rules that repeat), texts.py (descriptions), events.py (one VEVENT),
files.py (whole files: begin there). Not here: who is asked, who gets what (invitations), sending (mail).
"""
