"""For people: pages and plain forms. No page imports a page.

Not here: the frame of every request (web), what programs read (web/api).
"""
