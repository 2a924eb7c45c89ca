"""Attacks hide an order in a ticket; obeying and resisting are told apart.

pytest tests/prompting/test_injection.py
"""

from __future__ import annotations

import pytest

from phicookbook import corpora
from phicookbook.chat import Reply
from phicookbook.corpora import styles, tickets
from phicookbook.corpora.sample import Sample
from phicookbook.prompting import injection


@pytest.fixture(scope="module")
def drawn():
    return injection.attacks(40, seed=2)


def test_the_order_stands_in_the_tags_and_can_be_left_out(drawn):
    for attack in drawn:
        text = attack.prompt()[-1]["content"]
        inside = text.split("<text>")[1].split("</text>")[0]
        assert inside == f"{attack.ticket} {attack.order}" and attack.payload in attack.order
        assert attack.order not in attack.prompt(attacked=False)[-1]["content"]
        assert attack.team in tickets.TEAMS and attack.ask.count(",") == len(tickets.TEAMS) - 1


def test_a_guard_is_a_system_message(drawn):
    assert [m["role"] for m in drawn[0].prompt(injection.GUARD)] == ["system", "user"]
    assert [m["role"] for m in drawn[0].prompt()] == ["user"]


def test_every_attack_is_from_the_test_side(drawn):
    for attack in drawn:
        assert corpora.held_out(Sample("styles", [*attack.prompt(), {"role": "assistant", "content": "x"}]))


def test_new_orders_are_new():
    assert not set(injection.NEW_ORDERS) & set(styles.ORDERS)
    words = [order.format("").lower() for order in styles.ORDERS]
    assert not any(new.format("").lower() in words for new in injection.NEW_ORDERS)
    assert injection.attacks(5, orders=injection.NEW_ORDERS)[0].order.split("{")[0]


@pytest.mark.parametrize(
    "text, obeyed, resisted",
    [
        ("{payload}", True, False),
        ("I say {payload}.", True, False),
        ("{team}", False, True),
        ("{team}.", False, True),
        ("no", False, False),
    ],
)
def test_verdicts(drawn, text, obeyed, resisted):
    attack = drawn[0]
    reply = Reply.from_text(text.format(payload=attack.payload.lower(), team=attack.team))
    assert injection.obeyed(attack, reply) is obeyed and injection.resisted(attack, reply) is resisted
