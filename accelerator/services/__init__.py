"""Services — floor 4. One function, one use case, one transaction; the actor is the first keyword."""
