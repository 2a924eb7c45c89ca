"""A folder on a web server of this machine, which a test can take away.

with served(folder) as (address, stop): ...
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from phicookbook.edge import page


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of a folder on a server, and a function that takes the server away; the end of the block does so too."""
    server = page.server(folder)
    work = threading.Thread(target=server.serve_forever, daemon=True)
    work.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    yield f"http://127.0.0.1:{server.server_port}/", stop
    if work.is_alive():
        stop()
