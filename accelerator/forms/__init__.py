"""Forms — floor 5. Text in, clean values out; shape and format only, no Flask, no database."""
