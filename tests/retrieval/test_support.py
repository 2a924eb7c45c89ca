"""Support: high where a passage answers, low where it names the place alone or the answer alone.

pytest tests/retrieval/test_support.py
"""

from __future__ import annotations

import pytest

from phicookbook.retrieval import Document, Index, answering, load_folder
from phicookbook.retrieval.measure import TRAVEL, questions
from phicookbook.retrieval.support import Sentence, covered, embedded, forms, hidden, names, scored, sentences, support

INN = "# Mira Inn\n\n- The Mira Inn opens at 9:30.\n- Dogs are welcome at the Mira Inn."


@pytest.mark.parametrize(
    "question, better, worse",
    [
        ("At what time does the Mira Inn open?", INN, "# Mira Inn\n\nDogs are welcome at the Mira Inn."),
        ("At what time does the Mira Inn open?", INN, "# Lovi Inn\n\nThe Lovi Inn opens at 9:30."),
        ("Can I bring my puppy along to the Mira Inn?", INN, "# Mira Inn\n\nThe Mira Inn opens at 9:30."),
        (
            "What does the museum at 77 Mill Street cost?",
            "The address of the Mira Museum is 77 Mill Street.",
            "It is at 12 Mill Street.",
        ),
    ],
)
def test_what_answers_supports_more(embedder, question, better, worse):
    assert support(question, [worse, better], embedder) > support(question, [worse], embedder) + 0.1


def all_at_once(question, passages, embedder) -> list[Sentence]:
    """The scores without an index: the question and every sentence are embedded together, each as often as it stands there."""
    parts = [(text, place) for place, passage in enumerate(passages) for text in sentences(passage)]
    texts = [question, *(text for text, _ in parts)]
    vectors = embedder.embed([*map(hidden, texts), *texts])
    meaning, whole = vectors[: len(texts)], vectors[len(texts) :]
    held = [covered(names(question), passage) for passage in passages]
    return [
        Sentence(text, place, max(0.0, float(near) * held[place] ** 2), float(near + full) * held[place])
        for (text, place), near, full in zip(parts, meaning[1:] @ meaning[0], whole[1:] @ whole[0])
    ]


def test_an_index_gives_the_scores_of_embedding_everything_at_once(embedder, tmp_path):
    rows = [row for row in questions() if row["gold"] and row["gold"][0].startswith("skagway")][:6]
    pages = {gold.partition("#")[0] for row in rows for gold in row["gold"]}
    index = Index(tmp_path / "index", embedder)
    index.update([one for one in load_folder(TRAVEL / "documents").documents if one.id in pages])
    for row in rows:
        passages = index.search(row["question"], 3)
        before = all_at_once(row["question"], [passage.text for passage in passages], embedder)
        found = scored(row["question"], [one.text for one in passages], embedder, [one.vectors for one in passages])
        assert [(one.text, one.passage) for one in found] == [(one.text, one.passage) for one in before] != []
        assert [one.score for one in found] == pytest.approx([one.score for one in before], abs=1e-5)
        assert [one.fit for one in found] == pytest.approx([one.fit for one in before], abs=1e-5)
        chosen = answering.read(row["question"], passages, embedder, 2)
        assert [one.text for one in chosen.read] == [one.text for one in answering.best(before, 2)]
        assert chosen.support == pytest.approx(max(one.score for one in before), abs=1e-5)


def test_with_an_index_only_the_question_is_embedded(words, tmp_path):
    index = Index(tmp_path / "index", words)
    index.update(
        [Document(f"{name}.md", f"# {name}\n\nThe {name} opens at 9:30. Dogs are welcome.") for name in ("Mira Inn", "Lovi Inn")]
    )
    passages, question = index.search("When does the Mira Inn open?", 2), "When does the Mira Inn open?"
    words.seen.clear()
    with_index = answering.read(question, passages, words)
    assert words.seen == ["When does the place open?", question]
    known = embedded([passages[0].text], words)
    assert scored(question, [one.text for one in passages], words, [known[0], None]) == scored(
        question, [one.text for one in passages], words
    )
    assert len(with_index.read) == 2 and with_index.support > 0


def test_vectors_of_another_text_are_refused(words):
    with pytest.raises(ValueError, match="shorter|longer"):
        scored("open?", [INN], words, embedded(["One. Two. Three. Four. Five."], words))


def test_forms_are_each_text_once():
    assert forms("# A\n\nIt is open. The Mira Inn opens. The Lovi Inn opens. It is open.") == [
        "It is open.", "place opens.", "The Mira Inn opens.", "The Lovi Inn opens.",
    ]  # fmt: skip
    assert forms("# Title") == []


@pytest.mark.parametrize("question, passages", [("", [INN]), ("?!", [INN]), ("open?", []), ("open?", ["", "# Title"])])
def test_nothing_supports_nothing(words, question, passages):
    assert support(question, passages, words) == 0


def test_a_score_lies_between_0_and_1(words):
    assert support("The Mira Inn opens at 9:30.", [INN], words) == pytest.approx(1, abs=1e-5)
    assert support("日本語", [INN], words) >= 0


@pytest.mark.parametrize(
    "text, found",
    [
        (INN, ["The Mira Inn opens at 9:30.", "Dogs are welcome at the Mira Inn."]),
        ("## A\n\nOne. Two!\n\n3. Three", ["One.", "Two!", "Three"]),
        ("It costs 2.50 dollars.", ["It costs 2.50 dollars."]),
        ("", []),
    ],
)
def test_sentences(text, found):
    assert sentences(text) == found


@pytest.mark.parametrize(
    "question, found",
    [
        ("When does the Mira Inn open?", ["mira", "inn"]),
        ("I am hungry at the Mira Inn. What is the thing?", ["mira", "inn"]),
        ("What is at 77 Mill Street?", ["77", "mill", "street"]),
        ("When is it open?", []),
    ],
)
def test_names(question, found):
    assert names(question) == found


@pytest.mark.parametrize(
    "text, found", [("Dogs at the Mira Inn.", "Dogs at the place."), ("The Mira Inn opens.", "place opens."), ("When?", "When?")]
)
def test_hidden(text, found):
    assert hidden(text) == found


@pytest.mark.parametrize("named, share", [([], 1), (["mira"], 1), (["mira", "lovi"], 0.5), (["lovi"], 0)])
def test_covered(named, share):
    assert covered(named, INN) == share
