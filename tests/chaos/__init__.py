"""Twenty SIGKILLs of the real server while people work with it (`make chaos`): storm.py makes them, judge.py judges."""
