"""For people: pages and plain forms. No page imports a page: what two of them share is in web/page_parts.

The templates of pages/NAME.py are in templates/NAME. Not here: the frame of every request (web), what programs read
(web/api).
"""
