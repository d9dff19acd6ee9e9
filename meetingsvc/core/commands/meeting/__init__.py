"""What may be asked of the meeting itself: to call it, to plan its sessions, to open and to close it. Pure."""
