"""Lists cut into pages: `after` is the id of the last one that the client has seen.

rows, more = page(session, File, (), after="file-...", limit=20)
"""

from __future__ import annotations

from sqlmodel import Session, select

from phicookbook.serverless.errors import ApiError


def page(session: Session, kind, where: tuple, after: str | None, limit: int, newest_first: bool = True) -> tuple[list, bool]:
    """(rows, whether more follow) of a table; raises ApiError for an `after` that is no row of this list."""
    query = select(kind).where(*where)
    if after is not None:
        seen = session.exec(query.where(kind.id == after)).first()
        if seen is None:
            raise ApiError(404, f"after is {after[:80]!r}, which is not in this list.", param="after", code="invalid_cursor")
        query = query.where(kind.seq < seen.seq if newest_first else kind.seq > seen.seq)
    rows = session.exec(query.order_by(kind.seq.desc() if newest_first else kind.seq).limit(limit + 1)).all()
    return list(rows[:limit]), len(rows) > limit
