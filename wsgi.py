"""The server's door: `wsgi:app` for any WSGI server, `python wsgi.py` for the embedded one."""

from accelerator import create_app

app = create_app()

if __name__ == "__main__":
    from accelerator.server import serve

    serve(app)
