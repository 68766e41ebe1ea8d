"""Kernel · Permissions — every act that a page may ask for, as "<thing>:<act>", alphabetical."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One value per act; `rules/access.py` says which role holds it."""

    ACCOUNT_MANAGE = "account:manage"
    ACCOUNT_OWN = "account:own"
    APPLICATION_APPLY = "application:apply"
    APPLICATION_READ = "application:read"
    APPLICATION_SCREEN = "application:screen"
    ATTENDANCE_RECORD = "attendance:record"
    AUDIT_READ = "audit:read"
    BATCH_MANAGE = "batch:manage"
    BOOKING_MAKE = "booking:make"
    COUNTER_CORRECT = "counter:correct"
    COUNTER_DRILL = "counter:drill"
    CREDIT_MANAGE = "credit:manage"
    CREDIT_OWN = "credit:own"
    CREDIT_READ = "credit:read"
    LETTER_MANAGE = "letter:manage"
    OFFER_ANSWER = "offer:answer"
    PROGRAMME_READ = "programme:read"
    REPORT_ISSUE = "report:issue"
    REPORT_READ = "report:read"
    REVIEWING_MANAGE = "reviewing:manage"
    REVIEW_SUBMIT = "review:submit"
    SELECTION_DECIDE = "selection:decide"
    SELECTION_READ = "selection:read"
    STARTUP_OWN = "startup:own"
    STARTUP_READ = "startup:read"
    WORKSHOP_MANAGE = "workshop:manage"
