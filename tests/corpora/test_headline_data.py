"""The headline datasets: disjoint sides, rows that a fine-tuning service takes, files that repeat to the byte.

pytest tests/corpora/test_headline_data.py
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest

from phicookbook import corpora, settings
from phicookbook.corpora import headline_data, headlines
from phicookbook.corpora.headlines import Headline
from phicookbook.finetune.data import fault_of, read_jsonl
from phicookbook.settings import CookbookError

RECORDED = settings.DATASETS / "headlines" / headline_data.CHECKSUMS


@pytest.fixture(scope="module")
def train():
    return headline_data.draw("train", 2_000)


@pytest.fixture(scope="module")
def validation():
    return headline_data.draw("validation", headline_data.SIZES["validation"])


def held_out(headline: Headline) -> bool:
    return corpora.held_out(corpora.Sample("headlines", corpora.conversation(headline.text, "x")))


def test_sides_are_disjoint(train, validation):
    assert not {h.text for h in train} & {h.text for h in validation}
    assert not any(map(held_out, train)) and all(map(held_out, validation))
    assert not {h.text for h in headline_data.draw("train", 3_000, seed=9)} & {h.text for h in validation}


def test_no_headline_stands_twice(train, validation):
    for side in (train, validation):
        assert len({h.text for h in side}) == len(side) == 2_000


def test_a_prefix_is_a_prefix(train):
    assert headline_data.draw("train", 2_000) == train
    assert headline_data.draw("train", 150) == train[:150]
    assert headline_data.draw("train", 150, seed=1) != train[:150]


def test_every_label_is_common_enough(train, validation):
    for side in (train, validation):
        labels = Counter(map(headlines.policy, side))
        assert set(labels) == set(headlines.LABELS) and min(labels.values()) > 0.15 * len(side)
        assert sum(headlines.policy(h) != h.sentiment for h in side) > 0.1 * len(side)


def test_rows_are_valid_and_answer_with_one_word_of_the_policy(train, validation):
    for headline in [*train, *validation]:
        row = headline_data.row(headline)
        user, assistant = row["messages"]
        assert list(row) == ["messages"] and not fault_of(row["messages"])
        assert user == {"role": "user", "content": headlines.prompt(headline.text)}
        assert assistant == {"role": "assistant", "content": headlines.policy(headline)}
        assert assistant["content"] in headlines.LABELS


def test_jsonl_has_one_row_a_line(train):
    lines = headline_data.as_jsonl(train[:50]).splitlines()
    assert [json.loads(line) for line in lines] == [headline_data.row(h) for h in train[:50]]
    assert headline_data.as_jsonl([]) == ""
    assert "£" in headline_data.as_jsonl([Headline("A £3 pie", "neutral", False)])


def test_write_reproduces_the_recorded_files(tmp_path):
    written = headline_data.write(tmp_path / "new")
    assert {path.name: rows for path, rows in written.items()} == {"train.jsonl": 85_000, "validation.jsonl": 2_000}
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}
    assert digests == json.loads(RECORDED.read_text(encoding="utf-8"))
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["train.jsonl", "validation.jsonl"]
    assert len(read_jsonl(tmp_path / "new" / "validation.jsonl")) == 2_000


def test_the_shipped_sample_is_the_head_of_the_training_data(train):
    path = settings.DATASETS / "headlines" / "sample.jsonl"
    assert path.read_text(encoding="utf-8") == headline_data.as_jsonl(train[:200])
    assert read_jsonl(path) == [headline_data.row(h) for h in train[:200]]


def test_a_changed_grammar_is_refused_and_recorded_anew(tmp_path, monkeypatch):
    (tmp_path / "headlines").mkdir()
    monkeypatch.setattr(settings, "DATASETS", tmp_path)
    monkeypatch.setattr(headline_data, "SIZES", {"train": 60, "validation": 5})
    headline_data.record()
    assert set(headline_data.write(tmp_path / "good").values()) == {60, 5}
    changed = json.loads((tmp_path / "headlines" / headline_data.CHECKSUMS).read_text()) | {"train.jsonl": "0" * 64}
    (tmp_path / "headlines" / headline_data.CHECKSUMS).write_text(json.dumps(changed))
    with pytest.raises(CookbookError, match=r"train\.jsonl would differ.*the grammar changed"):
        headline_data.write(tmp_path / "bad")
    assert not list((tmp_path / "bad").iterdir())
