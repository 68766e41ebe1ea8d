"""Rules — floor 1. Decisions as arithmetic: frozen values in, frozen values out; no I/O, no clock, no chance."""
