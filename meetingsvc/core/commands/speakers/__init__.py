"""What may be asked of the speakers' part: lists, requests, the floor. Pure."""
