"""Scenarios from real practice, played on the running service over HTTP and its sockets."""
