"""Files, through the official client: up, listed page by page, read, gone; and whatever is no file."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from openai.types import FileDeleted, FileObject
from service_client import ROWS, jsonl, upload

MEGABYTE = 1024 * 1024


def test_a_file_comes_back_as_it_went(client):
    content = b"\xef\xbb\xbf" + jsonl(ROWS)
    file = client.files.create(file=("rows.jsonl", content), purpose="fine-tune")
    assert FileObject.model_validate(file.to_dict(), strict=True)
    assert (file.bytes, file.filename, file.purpose, file.status) == (len(content), "rows.jsonl", "fine-tune", "processed")
    assert client.files.content(file.id).read() == content
    assert client.files.retrieve_content(file.id) == content.decode()
    assert client.files.retrieve(file.id) == file
    assert client.files.wait_for_processing(file.id).id == file.id


def test_a_deleted_file_is_gone(client):
    file = upload(client)
    assert client.files.delete(file.id) == FileDeleted(id=file.id, deleted=True, object="file")
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match="No such file") as told:
            ask(file.id)
        assert (told.value.param, told.value.code) == ("file_id", "not_found")


def test_pages_hold_every_file_once(client):
    made = [upload(client, name=f"{n}.jsonl").id for n in range(5)]
    listed = [file.id for file in client.files.list(limit=2)]
    assert listed[:5] == made[::-1] and len(set(listed)) == len(listed)
    oldest = [file.id for file in client.files.list(limit=2, order="asc")]
    assert oldest == listed[::-1]
    page = client.files.list(limit=2)
    assert page.has_more and page.has_next_page() and [file.id for file in page.get_next_page().data] == listed[2:4]
    assert not {file.id for file in client.files.list(purpose="batch")} & set(made)  # other tests may have uploaded some
    with pytest.raises(openai.NotFoundError, match="after is 'file-0'"):
        client.files.list(after="file-0")


def test_an_expiry_is_kept(client):
    anchor = {"anchor": "created_at", "seconds": 3600}
    file = client.files.create(file=("a.jsonl", jsonl(ROWS)), purpose="batch", expires_after=anchor)
    assert file.expires_at - file.created_at == 3600
    with pytest.raises(openai.BadRequestError, match="seconds from 3,600 to 2,592,000") as told:
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 5})
    assert told.value.param == "expires_after"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from Linux")
@pytest.mark.parametrize("length_is_told", [True, False])
def test_six_hundred_megabytes_are_refused_and_never_held(client, service, tmp_path, length_is_told):
    """The limit is Azure's own, 512 MB. One body is a sparse file, its length told before; the other just comes."""
    import httpx

    process = Path(f"/proc/{service.process.pid}")
    (process / "clear_refs").write_text("5")  # the peak is counted from here
    before, kept = memory(process, "VmHWM"), set((service.log.parent / "files").iterdir())
    if length_is_told:
        with (tmp_path / "big.jsonl").open("wb") as made:
            made.truncate(600 * MEGABYTE)
        with (tmp_path / "big.jsonl").open("rb") as big, pytest.raises(openai.APIStatusError) as told:
            client.files.create(file=big, purpose="fine-tune")
        assert (told.value.status_code, told.value.code) == (413, "file_too_large")
    else:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
        pieces = (piece for piece in [head, *[bytes(MEGABYTE)] * 600])
        kinds = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = httpx.post(f"{service.url}/files", content=pieces, headers=kinds, timeout=240)
        assert answer.status_code == 413 and answer.json()["error"]["code"] == "file_too_large"
    assert memory(process, "VmHWM") - before < 64 * MEGABYTE
    assert set((service.log.parent / "files").iterdir()) == kept


def memory(process: Path, name: str) -> int:
    """A figure of a process's memory, in bytes."""
    line = next(line for line in (process / "status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a\0b", "..", "x" * 400, "häß 行.jsonl"])
def test_no_name_climbs_out(client, service, name):
    before = {path for path in service.log.parent.parent.rglob("*")}
    file = client.files.create(file=(name, jsonl(ROWS)), purpose="fine-tune")
    assert (
        "/" not in file.filename and "\\" not in file.filename and file.filename not in ("", "..") and len(file.filename) <= 255
    )
    new = {path for path in service.log.parent.parent.rglob("*")} - before
    assert {path.name for path in new if path.suffix != ".db-wal"} >= {file.id}
    assert all(path.parent.name == "files" or path.name.startswith("service.db") for path in new)
    assert client.files.content(file.id).read() == jsonl(ROWS)


@pytest.mark.parametrize("id", ["file-1", "..", "../service.db", "%2e%2e%2fservice.db", "a" * 3000, "service.db", "\u2028"])
def test_no_id_climbs_out(client, id):
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises((openai.NotFoundError, openai.APIStatusError, ValueError)) as told:
            ask(id)
        assert not isinstance(told.value, openai.InternalServerError)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"files": {"file": ("a.jsonl", b"")}, "data": {"purpose": "fine-tune"}}, "The file is empty"),
        ({"files": {"file": ("a.jsonl", b"{}")}, "data": {"purpose": "dinner"}}, "purpose is none of"),
        ({"files": {"file": ("a.jsonl", b"{}")}}, "purpose is none of"),
        ({"data": {"purpose": "fine-tune"}, "files": {"other": ("a", b"x")}}, "There is no file"),
        ({"json": {"file": "a"}}, "multipart/form-data"),
        ({"content": b"no form", "headers": {"content-type": "multipart/form-data"}}, ""),
        ({"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}}, ""),
    ],
)
def test_a_bad_upload_is_told(client, service, sent, told):
    import httpx

    answer = httpx.post(f"{service.url}/files", timeout=60, **sent)
    assert answer.status_code == 400 and told in answer.json()["error"]["message"]
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert not list((service.log.parent / "files").glob("*.part"))
