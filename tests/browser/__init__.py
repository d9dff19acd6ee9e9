"""The product as people meet it: a real browser on the running service, told in sentences."""
