"""The speakers' part: lists, requests, the floor. Pure.

`state` is what is held, `lists` the lists as such, `requests` who stands in them, `floor` who speaks.
What may be asked of them is in commands/speakers/.
"""

from meetingsvc.core.speakers import floor, lists, requests
from meetingsvc.core.speakers.state import Floor, Heard, Speakers, SpeakersList, Waiting

__all__ = ["Floor", "Heard", "Speakers", "SpeakersList", "Waiting", "floor", "lists", "requests"]
