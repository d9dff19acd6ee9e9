"""The process in which files and mails of others are read, with limits of time and memory (decision 12).

client.py is the side of whoever asks, worker.py the process, jobs.py what it can be asked for, transfer.py what passes
between them. Not here: reading itself (imports, calendars/reading).
"""
