"""Queries · Reviewing — desks, blind dossiers, committees, hand-outs and their progress."""
