"""Real calendar software, in an environment of its own (.venv-clients): what it makes of our feeds."""
