"""Queries · Meeting — the room as members and the chair see it, and the minutes."""
