"""What the service remembers: rows in SQLite, files on disk under random ids.

    store = Store(Path("data"))
    with store.write() as session:
        session.add(File(...))

The database is in WAL mode, so the API, the supervisor and the training processes read and write it at once. A file stands
on disk before its row does, and is deleted after it: a row never points at a file that is not whole.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import JSON, event
from sqlalchemy.exc import DatabaseError
from sqlmodel import Field, Session, SQLModel, create_engine, select

from phicookbook.settings import CookbookError

BUSY_SECONDS = 30


def new_id(kind: str) -> str:
    """A random id such as "file-3f9a...": 96 bits, which nobody guesses and no name can climb out of."""
    return f"{kind}-{secrets.token_hex(12)}"


def now() -> int:
    """Unix time in whole seconds, as the protocol has it."""
    return int(time.time())


class File(SQLModel, table=True):
    """An uploaded or a result file; its content is `files/ID`."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    filename: str
    purpose: str
    bytes: int
    created_at: int
    expires_at: int | None = None


class Job(SQLModel, table=True):
    """A fine-tuning job. `attempt` counts its processes: one that is not the last may write nothing more."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    status: str = Field(index=True)
    model: str
    suffix: str = ""
    training_file: str
    validation_file: str | None = None
    method: str
    hyperparameters: dict = Field(sa_type=JSON)
    job_metadata: dict | None = Field(default=None, sa_type=JSON)
    result_files: list = Field(default=[], sa_type=JSON)
    error: dict | None = Field(default=None, sa_type=JSON)
    seed: int
    created_at: int
    finished_at: int | None = None
    estimated_finish: int | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    rows: int = 0
    attempt: int = 0
    failures: int = 0
    last_step: int = 0


class Event(SQLModel, table=True):
    """What a job told on its way."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    job_id: str = Field(index=True)
    created_at: int
    level: str
    type: str
    message: str
    data: dict | None = Field(default=None, sa_type=JSON)


class Checkpoint(SQLModel, table=True):
    """A state of a job that answers as a model."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    job_id: str = Field(index=True)
    created_at: int
    step: int
    name: str
    metrics: dict = Field(sa_type=JSON)


class Served(SQLModel, table=True):
    """A fine-tuned model, a checkpoint or a deployed folder; a deleted one stays as a row for the bill."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(index=True)
    folder: str
    base: str
    kind: str
    created_at: int
    job_id: str | None = None
    deleted_at: int | None = None


class Usage(SQLModel, table=True):
    """Tokens that a model read and wrote, and requests that it answered."""

    model: str = Field(primary_key=True)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Store:
    """The data folder of one service; raises CookbookError for a database that is none."""

    def __init__(self, folder: Path):
        self.folder = folder.expanduser().resolve()
        for name in ("files", "jobs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._reading, self._writing = self._engine("BEGIN"), self._engine("BEGIN IMMEDIATE")
        try:
            with self.write() as session:
                SQLModel.metadata.create_all(session.connection())
        except DatabaseError as error:
            told = f"{self.folder / 'service.db'} cannot be used as a database ({error.orig}): move it, or give another folder"
            raise CookbookError(told) from error

    def _engine(self, begin: str):
        engine = create_engine(f"sqlite:///{self.folder / 'service.db'}", connect_args={"timeout": BUSY_SECONDS})

        def connected(connection, _record) -> None:
            connection.isolation_level = None  # SQLAlchemy begins, not the driver
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that alone may write; what it did is committed at the end, or not at all after an error."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of the database."""
        self._reading.dispose()
        self._writing.dispose()

    def path_of(self, file: File) -> Path:
        """Where the content of a file stands."""
        return self.folder / "files" / file.id

    def job_folder(self, job_id: str) -> Path:
        """Where a job keeps its rows, its run and its log."""
        return self.folder / "jobs" / job_id

    def file(self, file_id: str) -> File | None:
        """The file of an id that is neither deleted nor expired."""
        with self.read() as session:
            found = session.exec(select(File).where(File.id == file_id)).first()
        return None if found is None or (found.expires_at and found.expires_at <= now()) else found

    def job(self, job_id: str) -> Job | None:
        """The job of an id."""
        with self.read() as session:
            return session.exec(select(Job).where(Job.id == job_id)).first()

    def served(self, name: str) -> Served | None:
        """The model of a name that is not deleted."""
        with self.read() as session:
            return session.exec(select(Served).where(Served.id == name, Served.deleted_at == None)).first()  # noqa: E711

    def keep(self, session: Session, part: Path, filename: str, purpose: str, expires_at: int | None = None) -> File:
        """Take a finished ".part" file in: on disk at once, as a row when the session commits."""
        row = File(
            id=part.name.removesuffix(".part"), filename=filename, purpose=purpose, bytes=part.stat().st_size,
            created_at=now(), expires_at=expires_at,
        )  # fmt: skip
        os.replace(part, self.path_of(row))
        session.add(row)
        return row

    def new_part(self) -> Path:
        """The path of a file that is still being written, under the id that it will have."""
        return self.folder / "files" / f"{new_id('file')}.part"

    def drop_file(self, file: File) -> None:
        """Delete a file: first the row, then the content."""
        with self.write() as session:
            session.delete(session.exec(select(File).where(File.id == file.id)).one())
        self.path_of(file).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a kill left behind: half-written files, files and jobs without a row, and what has expired.

        Nobody else writes meanwhile, so a file that a training process is taking in is not mistaken for a leftover.
        """
        with self.write() as session:
            rows = session.exec(select(File)).all()
            for row in rows:
                if row.expires_at and row.expires_at <= now():
                    session.delete(row)
            known = {row.id for row in rows if not (row.expires_at and row.expires_at <= now())}
            gone = [path for path in (self.folder / "files").iterdir() if path.name not in known]
            jobs = set(session.exec(select(Job.id)).all())
            never = [path for path in (self.folder / "jobs").iterdir() if path.name not in jobs]  # killed before they were told
        for path in gone:
            path.unlink(missing_ok=True)
        for path in never:
            shutil.rmtree(path, ignore_errors=True)

    def tell(self, session: Session, job_id: str, message: str, level: str = "info", data: dict | None = None) -> None:
        """Add an event to a job; with `data` it is one of metrics."""
        kind = "metrics" if data is not None else "message"
        session.add(
            Event(id=new_id("ftevent"), job_id=job_id, created_at=now(), level=level, type=kind, message=message, data=data)
        )
