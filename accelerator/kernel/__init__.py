"""Kernel — floor 0. The words everyone speaks; imports the standard library only and knows nothing of the house."""
