"""Twenty SIGKILLs of the real server while people work with it (`make chaos`): storm.py makes them, judge.py judges.

soak.py lets people come and go afterwards, and judges by itself whether the server stayed as large as it was.
"""
