"""The server's door: `wsgi:app` for any WSGI server, `python wsgi.py` for the embedded one."""

import logging

from accelerator import create_app

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("apscheduler").setLevel(logging.WARNING)
logging.getLogger("pikepdf").setLevel(logging.WARNING)
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

app = create_app()

if __name__ == "__main__":
    from accelerator.server import serve

    serve(app)
