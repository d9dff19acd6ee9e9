"""Tests of invitations: lists, plans, answers, feeds, on real databases and through the whole app."""
