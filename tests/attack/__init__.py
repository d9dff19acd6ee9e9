"""What strangers and clever members may try, and what must come of it."""
