"""Records on disk, one JSON line for each answer as it comes: a run that was killed goes on where it stopped.

    with Records(Path("run.jsonl"), {"model": "pocket"}) as records:
        records.add({"item": "sat-4-light-0a1b2c3d", "repeat": 0, "correct": True})

The first line holds the settings of the run. A last line that was cut in half is dropped, and what it held is asked again.
"""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock, Timeout

from phicookbook.settings import CookbookError


class Records:
    """The records of one run; `done` has those that exist, by (item, repeat)."""

    def __init__(self, path: Path, settings: dict):
        self.path, self.settings = Path(path), settings
        self.done: dict[tuple[str, int], dict] = {}
        self._file = None
        self._lock = FileLock(str(self.path) + ".lock")

    def __enter__(self) -> Records:
        """Open the file and read what is there. Raises CookbookError when it belongs to another run or another process
        holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise CookbookError(f"{self.path} is being written by another run: wait for it, or give another --out") from None
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _open(self) -> None:
        if self.path.exists() and self.path.stat().st_size:
            head, rows, good = _read(self.path)
            if head is not None and head != self.settings:
                changed = sorted(k for k in {*head, *self.settings} if head.get(k) != self.settings.get(k))
                raise CookbookError(
                    f"{self.path} holds a run with other settings ({', '.join(changed)}): give another --out, or delete the file"
                )
            with self.path.open("r+b") as file:
                file.truncate(good if head is not None else 0)
            self.done = {(row["item"], row["repeat"]): row for row in rows} if head is not None else {}
        self._file = self.path.open("a", encoding="utf-8", newline="\n")
        if not self.path.stat().st_size:
            self._write({"run": self.settings})

    def __exit__(self, *error) -> None:
        """Close the file; what was added stays."""
        self._file.close()
        self._lock.release()

    def add(self, row: dict) -> None:
        """Write one record at once; one that exists already is left as it is."""
        key = (row["item"], row["repeat"])
        if key not in self.done:
            self.done[key] = row
            self._write(row)

    def _write(self, row: dict) -> None:
        self._file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()


def _read(path: Path) -> tuple[dict | None, list[dict], int]:
    """(settings, records, bytes that are good) of a file. Raises CookbookError for a bad line before the last one."""
    data, rows, good, head = path.read_bytes(), [], 0, None
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        last = number == len(lines)
        try:
            row = json.loads(line) if line else None
            if number == 1:
                head = row["run"]
            elif row is not None and not last:
                _ = row["item"], row["repeat"], row["correct"]
                rows.append(row)
        except (ValueError, KeyError, TypeError):
            if last or (number == 1 and len(lines) == 1):
                break
            raise CookbookError(f"{path}, line {number}: no record; delete that line and its answer is asked again") from None
        if not last:
            good += len(line) + 1
    return (head, rows, good) if len(lines) > 1 else (None, [], 0)


def read(path: Path | str) -> tuple[dict, list[dict]]:
    """(settings, records) of a finished or a stopped run. Raises CookbookError for a file that is missing or holds no run."""
    path = Path(path)
    if not path.exists():
        raise CookbookError(f"{path} does not exist: run `cookbook evaluate` first")
    head, rows, _ = _read(path)
    if head is None:
        raise CookbookError(f"{path} holds no run: its first line is cut off")
    return head, rows
