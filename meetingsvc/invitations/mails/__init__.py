"""One delivery as a mail: letter puts it together, wording says it, mail_body and mail_headers write it down. Pure.

Not here: who is told what (invitations.plan), sending (mail).
"""
