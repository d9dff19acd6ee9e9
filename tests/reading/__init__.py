"""Calendar files and mails of others: what is read of them, within which bounds, and in which process."""
