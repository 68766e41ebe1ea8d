"""Queries · Interests — the register of interests, what startups named, and the conflicts that follow from both."""
