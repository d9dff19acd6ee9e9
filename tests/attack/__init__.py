"""What strangers and clever members may try, and what must come of it: tests, and beside them `make attack`.

`make attack` (`python -m tests.attack`) measures: storms/ are the attacks, people.py the honest ones, trial.py one row,
table.py the bounds.
"""
