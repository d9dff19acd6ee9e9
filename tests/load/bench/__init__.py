"""The rows of `make bench`: what is measured, with what, against what. The table is printed by `tests.load`."""
