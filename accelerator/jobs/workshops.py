"""Jobs · Workshops — remind people of their seat, close the attendance of past sessions."""

from __future__ import annotations

from accelerator.services.attendance import close_due_attendance
from accelerator.services.bookings import send_reminders

EVERY = {send_reminders: 300, close_due_attendance: 600}
