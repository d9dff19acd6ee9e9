"""The log of a meeting: its rows, how an event is written in one, the chain that seals them, and the log as a file.

Not here: rows that stand beside the log (store), what entries mean (core).
"""
