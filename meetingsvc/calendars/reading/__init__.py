"""Calendar files and mails of others, read with bounds: hostile bytes are the normal case. Runs in the reader process.

Not here: what is made of them (invitations, web), the process itself (reader).
"""
