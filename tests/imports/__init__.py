"""Lists of delegations from other people: files, ranks of posts, names of States."""
