"""Mail in and out: what waits is sent by SMTP after the commit, what comes back is fetched by IMAP.

Not here: who is told what and when (invitations/plan), what a mail says (invitations/mails).
"""
