"""The index: the three searches, filters, variety, and updates that touch only what changed and survive a stop.

pytest tests/retrieval/test_index.py
"""

from __future__ import annotations

import pytest

from phicookbook.retrieval import index as indexing
from phicookbook.retrieval import speed
from phicookbook.retrieval.chunking import Document
from phicookbook.retrieval.index import Index, Update, body
from phicookbook.retrieval.support import embedded
from phicookbook.settings import CookbookError

TEXTS = {
    "inn.md": "# Mira Inn\n\n## Hours\n\nThe Mira Inn opens at nine in the morning.\n\n## Rules\n\nDogs may come in winter only.",
    "museum.md": "# Mira Museum\n\n## Hours\n\nThe Mira Museum opens at ten.\n\n## Prices\n\nA ticket costs forty dollars.",
    "ferry.md": "# Lovi Ferry\n\nThe Lovi Ferry runs to the island. A ticket costs forty dollars.",
}
TOWNS = {"inn.md": "Skagway", "museum.md": "O'Hara", "ferry.md": "Skagway"}


def documents(**changed: str) -> list[Document]:
    texts = TEXTS | {f"{name}.md": text for name, text in changed.items()}
    return [Document(name, text, "md", {"town": TOWNS.get(name, "")}) for name, text in texts.items() if text]


@pytest.fixture
def make(tmp_path, words):
    def make():
        return Index(tmp_path / "index", words, max_tokens=30, min_tokens=0)

    return make


@pytest.fixture
def index(make):
    made = make()
    made.update(documents())
    return made


@pytest.mark.parametrize("mode", indexing.MODES)
def test_a_question_finds_its_passage(index, mode):
    found = index.search("When does the Mira Museum open? It opens at", 2, mode)
    assert found[0].id == "museum.md#hours" and found[0].heading == "Mira Museum > Hours"
    assert found[0].place == "museum.md: Mira Museum > Hours"
    assert TEXTS["museum.md"][found[0].start : found[0].end] == found[0].text
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    assert (found[0].similarity is None) == (mode == "full text")


@pytest.mark.parametrize("mode", indexing.MODES)
@pytest.mark.parametrize(
    "where, allowed",
    [({"town": "Skagway"}, {"inn.md", "ferry.md"}), ({"town": "O'Hara"}, {"museum.md"}), ({"town": "Oslo"}, set()),
     ({"town": "Skagway", "kind": "x"}, set()), ({"x' OR 'a'='a": "b"}, set())],
)  # fmt: skip
def test_filters(index, mode, where, allowed):
    found = {passage.document for passage in index.search("ticket opens dogs island", 9, mode, where)}
    assert found <= allowed and bool(found) == bool(allowed)


def test_words_are_stemmed(index):
    assert index.search("opening tickets cost", 1, "full text")[0].text.endswith("dollars.")


@pytest.mark.parametrize(
    "question", ["日本語の質問", "Когда открыто?", "متى يفتح", "🦭", "open AND (", '"', "town:x*~", "a" * 5000, "'"]
)
@pytest.mark.parametrize("mode", indexing.MODES)
def test_odd_questions_find_something_or_nothing(index, mode, question):
    found = index.search(question, 3, mode)
    assert len(found) <= 3 and (mode != "full text" or not any(ord(letter) > 255 for letter in question) or found == [])


@pytest.mark.parametrize(
    "arguments, told",
    [({"question": ""}, "empty"), ({"question": " \n"}, "empty"), ({"mode": "magic"}, "mode is 'magic'"), ({"k": 0}, "k 0"),
     ({"variety": 2}, "variety 2")],
)  # fmt: skip
def test_bad_searches_are_refused(index, arguments, told):
    with pytest.raises(CookbookError, match=told):
        index.search(**{"question": "open?", **arguments})


def test_no_index_and_no_documents_are_said(make, tmp_path):
    with pytest.raises(CookbookError, match="there is no index in .*cookbook index"):
        make().search("open?")
    with pytest.raises(CookbookError, match="no documents"):
        make().update([])
    assert not (tmp_path / "index").exists()


def test_more_than_there_is_may_be_asked(index):
    assert len(index.search("ticket", 500)) == len(index)


def test_variety_prefers_passages_that_differ(make):
    index = make()
    copies = {f"copy{number}": "# Copy\n\nThe red boat leaves at noon." for number in range(4)}
    index.update(documents(**copies, other="# Other\n\nThe red boat is old."))
    plain = index.search("When does the red boat leave at noon?", 3)
    varied = index.search("When does the red boat leave at noon?", 3, variety=0.7)
    assert len({passage.text for passage in plain}) < len({passage.text for passage in varied})
    assert index.search("red boat leaves", 3, "full text", variety=0.7)[0].similarity is not None


def test_an_update_touches_only_what_changed(index, words):
    words.seen.clear()
    assert index.update(documents()) == Update(unchanged=3) and words.seen == []
    done = index.update(documents(inn=TEXTS["inn.md"].replace("nine", "eight"), cafe="# Cafe\n\nThe cafe has cake."))
    assert done == Update(new=1, changed=1, unchanged=2, chunks=3)
    assert not any("Museum" in text or "Ferry" in text for text in words.seen)
    assert "eight" in index.search("Mira Inn opens at", 1)[0].text
    assert not any("nine" in passage.text for passage in index.search("nine", 20))
    assert index.search("cake", 1, "full text")[0].document == "cafe.md"


def test_a_shorter_document_leaves_no_old_passages(index):
    before = len(index)
    index.update(documents(inn="# Mira Inn\n\nShut."))
    assert len(index) == before - 1 and {p.text for p in index.search("Mira Inn", 20) if p.document == "inn.md"} == {
        "# Mira Inn\n\nShut."
    }


def test_changed_metadata_count_as_a_change(index):
    moved = [Document(one.id, one.text, "md", {"town": "Oslo"}) for one in documents()]
    assert index.update(moved).changed == 3
    assert {passage.document for passage in index.search("ticket", 9, where={"town": "Oslo"})} == set(TEXTS)


def test_documents_that_are_gone_go_when_asked(index):
    kept = documents(ferry="")
    assert index.update(kept).removed == 0 and "ferry.md" in index.documents()
    assert index.update(kept, prune=True).removed == 1 and set(index.documents()) == {"inn.md", "museum.md"}


def test_delete(index):
    assert index.delete("inn.md") and not index.delete("inn.md")
    assert {passage.document for passage in index.search("Mira opens dogs", 20)} == {"museum.md", "ferry.md"}


def test_an_index_is_opened_again(index, make):
    assert [p.id for p in make().search("Lovi Ferry")] == [p.id for p in index.search("Lovi Ferry")]


def test_other_sizes_index_anew(index, tmp_path, words):
    assert Index(tmp_path / "index", words, max_tokens=12, min_tokens=0).update(documents()).changed == 3


def test_a_stop_leaves_an_index_that_works_and_the_next_update_goes_on(index, make, words, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 1)
    changed = [Document(one.id, one.text.replace("The", "Our"), "md", one.metadata) for one in documents()]
    embed, calls = words.embed, []

    def stop(texts, *rest, **more):
        calls.append(texts)
        if len(calls) == 3:  # a document has two: its passages, and their sentences
            raise KeyboardInterrupt
        return embed(texts, *rest, **more)

    monkeypatch.setattr(words, "embed", stop)
    with pytest.raises(KeyboardInterrupt):
        index.update(changed)
    monkeypatch.setattr(words, "embed", embed)
    again = make()
    assert again.search("Mira Inn opens", 1, "full text")[0].text.startswith("## Hours\n\nOur Mira Inn")
    assert again.search("Mira Museum opens", 1)[0].text.startswith("## Hours\n\nThe Mira Museum")
    assert again.update(changed) == Update(changed=2, unchanged=1, chunks=3)


def test_a_stop_before_the_first_passages_leaves_no_trouble(make, words, monkeypatch):
    def stop(*given, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(words, "embed", stop)
        with pytest.raises(KeyboardInterrupt):
            make().update(documents())
    assert make().search("Mira") == []
    assert make().update(documents()).new == 3 and make().search("Mira")


@pytest.mark.parametrize(
    "text, bodies",
    [
        ("# A\n\nx", ["A\nx"]),
        ("# A\n\n## B ##\n\nx", ["A > B\nx"]),
        ("x", ["x"]),
        ("# A", ["A"]),
    ],
)
def test_what_is_searched_is_heading_and_text(index, text, bodies):
    assert [body(one) for one in index.chunks(Document("d", text))] == bodies


@pytest.mark.parametrize("mode", indexing.MODES)
def test_passages_bring_the_vectors_of_their_sentences(index, words, mode):
    index.update(documents(inn=TEXTS["inn.md"].replace("nine", "eight"), cafe="# Cafe\n\nThe cafe has cake. Dogs may come in."))
    found = index.search("opens cake ticket dogs island", 9, mode)
    assert len(found) > 3 and any("eight" in passage.text for passage in found)
    for passage, vectors in zip(found, embedded([passage.text for passage in found], words), strict=True):
        assert (passage.vectors == vectors).all() and passage.vectors.shape == vectors.shape


def test_a_sentence_of_many_pages_is_embedded_once(make, words, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 1)
    pages = [Document(f"{number}.md", f"# Page {number}\n\nShoes stay outside. Room {number} is open.") for number in range(3)]
    make().update(pages)
    assert words.seen.count("Shoes stay outside.") == 1 and words.seen.count("Room 2 is open.") == 1


def test_an_index_of_an_older_version_is_refused_and_made_anew(index, make):
    index._table().drop_columns(["sentences"])
    with pytest.raises(CookbookError, match="is of an older version: `cookbook index FOLDER` makes the index anew"):
        make().search("open?")
    assert make().update(documents(ferry="")) == Update(new=2, chunks=4)
    assert make().search("Mira Inn opens", 1)[0].vectors.shape == (2, 384) and len(make()) == 4
    assert make().update(documents(ferry="")).unchanged == 2


def test_other_rules_for_sentences_index_anew(index, make, monkeypatch):
    monkeypatch.setattr(indexing, "RULES", indexing.RULES + 1)
    assert make().update(documents()).changed == 3


def test_many_vectors_get_an_index_that_stays_up_to_date(tmp_path, monkeypatch):
    monkeypatch.setattr("phicookbook.retrieval.index.INDEXED_FROM", 400)
    index = Index(tmp_path / "index", speed.Drawn(centres=5))
    index.update([Document(f"{n}.txt", f"line number{n}", "txt") for n in range(500)])
    table = index._table()
    assert {column for one in table.list_indices() for column in one.columns} == {"words", "vector"}
    vector = index.embedder.embed(["late"])[0]
    monkeypatch.setattr(index.embedder, "embed", lambda texts, *rest, **more: [vector] * len(texts))
    index.update([Document("late.txt", "a late line", "txt")])
    assert index.search("anything", 1, "vector")[0].document == "late.txt"
    assert index.search("late line", 1)[0].document == "late.txt" and len(index) == 501
