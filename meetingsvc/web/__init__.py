"""HTTP: commands in, states and pages out. Stands on perform, announce, readings and words.

Nothing of the rules of procedure is here, and nothing of Socket.IO: live and web do not import each other.
"""
