"""The wire over real sockets: broadcasters, follow, fan-out, admission. `wire.py` is the client that others use too."""
