"""What pages are made of, each used by more than one: who opens them, addresses, labels, times, fields of forms.

Not here: pages (web/pages), what programs use too (web).
"""
