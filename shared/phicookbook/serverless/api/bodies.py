"""The body of a request, no longer than it may be.

receive = limited(receive, most=1024, known=length_of(headers), refusal=ApiError(413, ...))
"""

from __future__ import annotations

MOST_JSON = 32 * 1024 * 1024  # bytes: far more text than a model reads, and little enough to hold in memory
MOST_DRAINED = 8  # times the limit: a client that hears no answer before it has sent all gets one, an endless one does not


def length_of(content_length: str) -> int:
    """The length that a client told in its Content-Length, 0 when it told none."""
    return int(content_length) if content_length.isdecimal() and len(content_length) < 20 else 0


def limited(receive, most: int, known: int, refusal: Exception):
    """`receive` that raises `refusal` for a body of more than `most` bytes: at once when its length is `known`, and not 0, else
    when as many have come. What still comes is read and dropped: a client that is cut off while it sends may never see why."""
    seen = 0

    async def counted():
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if max(seen, known) <= most:
            return message
        while message.get("more_body") and seen < MOST_DRAINED * most:
            message = await receive()
            seen += len(message.get("body", b""))
        raise refusal

    return counted
