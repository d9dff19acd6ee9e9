"""What may be asked of a meeting, and how it is judged; the judgement may change any day, what it writes may not. Pure.

Does not belong here: events and states of the parts, which never change their meaning.
"""
