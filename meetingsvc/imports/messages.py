"""What is said about a line of a list: the code of a finding and its sentence, with what to do next.

The command line prints them. Does not belong here: what leads to a finding (delegations.py).
"""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # nothing comes in
    "code_unknown": "“{given}” is no code of a State. Use the three letters of ISO 3166-1.",
    "code_unknown_like": "“{given}” is no code of a State. {code} is {name}: write that if it is meant.",
    "state_unknown": "“{given}” is no State that we know. Give its code, or say in a column Kind what it is.",
    "state_unknown_like": "“{given}” is no State that we know. {code} is {name}: write the code if it is meant.",
    "code_and_name_differ": "The code {code} is {is_code}, but the row says “{name}”. Correct one of the two.",
    "nobody": "The row names no delegation. Give a code or a name.",
    "double": "{name} is on line {first} already. Keep one of the two.",
    "too_many_cells": "The row has {cells} cells for {columns} columns. Put texts with a separator in quotes.",
    "misshapen": "The {where} {why}.",
    # it comes in, and the secretary decides
    "post_unsure": "“{post}”: {why} Its rank is {rank}; set the right one on the roster.",
    "post_missing": "{why} Its rank is {rank}; set the right one on the roster.",
    "rank_unknown": "“{given}” is no rank that we can place. Its rank is {rank}; ranks are {ladder}.",
    "kind_unknown": "“{given}” is no kind of delegation that we know. It comes in as what its code says.",
    "mode_unknown": "“{given}” says neither in the room nor remote. It comes in as the meeting's format says.",
    # told, nothing to do
    "code_from_name": "There is no code; {code} is taken from “{name}”.",
    "short_code": "“{given}” is read as {code}.",
    "brought_up_to_date": "{name} is accredited already; its speaker is set to this one.",
    "unchanged": "{name} is accredited already, and nothing changes.",
    "name_unknown": "“{name}” is not a name that we know; the code {code} decides: {is_code}.",
}

#: The findings that leave the level of a speaker open.
UNSURE_RANK = frozenset({"post_unsure", "post_missing", "rank_unknown"})
