"""The wire over real sockets: announcers, follow, fan-out, guard. `wire.py` is the client that others use too."""
