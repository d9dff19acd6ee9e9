"""The web layer through its front door: the whole WSGI stack, without a network."""
