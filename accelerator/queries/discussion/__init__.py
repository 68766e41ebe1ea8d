"""Queries · Discussion — what the committee says to each other about one dossier: who reads it, what stands there."""
