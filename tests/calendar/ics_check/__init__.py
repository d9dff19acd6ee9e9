"""A strict, independent check of .ics files and .eml invitations. Start reading at __main__.py.

Independent: the reader of content lines, the evaluator of time zones and the tables are written from the RFCs and share
no code with the library the service writes with; six other implementations then read the file and must agree.
"""
