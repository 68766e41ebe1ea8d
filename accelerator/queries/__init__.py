"""Queries — floor 3. Reads only; a list returns frozen rows and costs a fixed number of statements."""
