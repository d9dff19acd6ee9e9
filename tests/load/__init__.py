"""Load: a client in C that holds thousands of followers, and the bench that measures the budgets with it."""
