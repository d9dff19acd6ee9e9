"""HTTP: commands in, states and pages out. Here is the frame of every request: who asks, what is read, what is refused.

On it stand `api` for programs, and `page_parts` with `pages` for people; none of them is imported here but by `routes`.
Nothing of the rules of procedure is here, and nothing of Socket.IO: live and web do not import each other.
"""
