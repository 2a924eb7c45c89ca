"""Few-shot episodes: balanced, by seed, with labels that only the examples tell.

pytest tests/prompting/test_shots.py
"""

from __future__ import annotations

from collections import Counter

import pytest

from phicookbook.prompting import shots


@pytest.fixture(scope="module")
def drawn():
    return shots.episodes(120, seed=4)


def test_an_episode_is_balanced_and_its_query_is_new(drawn):
    for episode in drawn:
        counts = Counter(label for _, label in episode.examples)
        assert len(episode.examples) == shots.MOST and set(counts.values()) == {shots.MOST // 2}
        assert episode.label in counts and episode.query not in {text for text, _ in episode.examples}
        assert len({text for text, _ in episode.examples}) == shots.MOST
        assert {label for _, label in episode.examples[:2]} == set(counts), "two examples show both classes"


def test_no_class_is_favoured(drawn):
    first = sum(episode.examples[0][1] == episode.label for episode in drawn)
    assert 0.35 < first / len(drawn) < 0.65


def test_seeds_matter():
    assert shots.episodes(5, seed=1) == shots.episodes(5, seed=1) != shots.episodes(5, seed=2)


@pytest.mark.parametrize("count", range(shots.MOST + 1))
def test_a_prompt_shows_that_many_examples(drawn, count):
    for episode in drawn[:20]:
        text = shots.prompt(episode, count)
        lines = [episode.form.format(x=x, y=y) for x, y in episode.examples]
        assert [line in text for line in lines].count(True) == count
        assert text.endswith(episode.form.format(x=episode.query, y="").rstrip())
        if count == 0:
            assert all(name in text for name in episode.names)


def test_orders_keep_the_examples_and_do_what_they_say(drawn):
    for episode in drawn[:30]:
        for order in shots.orders().values():
            assert sorted(order(episode)) == sorted(episode.examples)
        assert shots.orders()["right class last"](episode)[-1][1] == episode.label
        assert shots.orders()["right class first"](episode)[0][1] == episode.label
        assert shots.orders()["at random"](episode) == shots.orders()["at random"](episode)


def test_choices_hold_four_examples(drawn):
    for episode in drawn[:30]:
        of_the_class = [sum(label == episode.label for _, label in chosen(episode)) for chosen in shots.choices().values()]
        assert of_the_class == [2, 3, 1]
        assert all(len(chosen(episode)) == 4 for chosen in shots.choices().values())
