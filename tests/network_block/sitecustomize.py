"""Refuses every address but this machine's own, and notes each attempt in the file that NETWORK_LOG names.

Put on PYTHONPATH, so that it is in force before anything else is imported, in child processes too. An audit
hook sees every socket of Python, however it was reached, and cannot be undone.
"""

import os
import sys

LOG = os.environ["NETWORK_LOG"]
WATCHED = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def is_here(address):
    host = address[0] if isinstance(address, tuple) and address else address
    host = host.decode() if isinstance(host, bytes) else host
    return host in (None, "", "localhost", "::1", "0.0.0.0", "::") or str(host).startswith(("127.", "/", "\0"))


def watch(event, arguments):
    if event in WATCHED and not is_here(arguments[WATCHED[event]]):
        with open(LOG, "a") as log:
            log.write(f"{event} {arguments[WATCHED[event]]!r}\n")
        raise OSError(f"the network is blocked: {event} {arguments[WATCHED[event]]!r}")


sys.addaudithook(watch)
