"""The reasoning, label, vitals and copying grammars against independent recomputation."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from phicookbook.corpora import arithmetic, copying, labels, puzzles, vitals

COUNT = 1500
MODULES = (arithmetic, puzzles, labels, vitals, copying)
LOSS = re.compile(r"gives (\d+) to|gives away (\d+)|loses (\d+)|sells (\d+)|takes (\d+)")
GAIN = re.compile(r"(\d+) more")


def drawn(module, seed=3, count=COUNT):
    rng = random.Random(seed)
    return [module.sample(rng) for _ in range(count)]


def user_of(sample):
    return next(m["content"] for m in sample.messages if m["role"] == "user")


@pytest.mark.parametrize("module", MODULES)
def test_same_seed_gives_the_same_samples(module):
    assert drawn(module, 8, 80) == drawn(module, 8, 80) != drawn(module, 9, 80)


@pytest.mark.parametrize("module", MODULES)
def test_form_of_every_sample(module):
    for sample in drawn(module):
        assert sample.task == module.__name__.rsplit(".", 1)[1] and sample.kind == sample.meta["kind"]
        text = user_of(sample) + sample.answer
        assert "{" not in text and sample.answer == sample.answer.strip() != "" and len(text) < 1000


def sum_of(text, kind):
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if kind in ("add2", "add3"):
        return numbers[0] + numbers[1]
    if kind == "sub":
        return abs(numbers[0] - numbers[1])
    if kind == "mul1":
        return numbers[0] * numbers[1]
    if kind == "compare":
        return (max if "larger" in text else min)(numbers)
    if kind == "chain":
        expression = re.search(r"\d+( [+-] \d+)+", text).group().split()
        value = int(expression[0])
        for sign, number in zip(expression[1::2], expression[2::2]):
            value += int(number) if sign == "+" else -int(number)
        return value
    if "How many more" in text:
        return numbers[0] - numbers[1]
    start = numbers[0] * numbers[1] if "in each" in text else numbers[0]
    lost = sum(int(n) for found in LOSS.findall(text) for n in found if n)
    return start + sum(map(int, GAIN.findall(text))) - lost


def test_arithmetic_answers():
    samples = drawn(arithmetic)
    for sample in samples:
        answer = str(sum_of(user_of(sample), sample.kind))
        assert arithmetic.answer_of(sample.answer) == answer == str(sample.meta["answer"]), sample
    share = Counter(s.kind for s in samples)["add3"] / COUNT
    assert 0.36 < share < 0.44
    assert 0.66 < sum(s.messages[0]["role"] == "system" for s in samples) / COUNT < 0.74


def test_arithmetic_steps_are_true():
    seen = 0
    for sample in drawn(arithmetic):
        for left, result in re.findall(r"(\d+(?: [+x-] \d+)+) = (\d+)", sample.answer):
            parts = left.split()
            value = int(parts[0])
            for sign, number in zip(parts[1::2], map(int, parts[2::2])):
                value = {"+": value + number, "-": value - number, "x": value * number}[sign]
            assert value == int(result)
            seen += 1
        for total, write, carry in re.findall(r"= (\d+), write (\d), carry (\d)", sample.answer):
            assert int(total) == 10 * int(carry) + int(write)
        lines = sample.answer.splitlines()
        for before, line in zip(lines, lines[1:]):
            if line.startswith("So ") and "have" in before:
                assert int(before.split("have ")[1]) == int(line[3:-1])
    assert seen > COUNT


def test_add3_columns_follow_the_prompt():
    for sample in drawn(arithmetic):
        if sample.kind == "add3" and "<think>" in sample.answer:
            a, b = re.findall(r"\d{3}", user_of(sample))
            columns = re.findall(r": (\d) \+ (\d) \+ (\d) =", sample.answer)
            assert [c[0] for c in columns] == list(a[::-1]) and [c[1] for c in columns] == list(b[::-1])


def test_answer_of():
    assert arithmetic.answer_of("<think>\n1\n</think>\n933") == "933"
    assert arithmetic.answer_of(" 933 ") == "933"
    assert arithmetic.answer_of("<think>\n1 + 2") == ""


def ordering_of(text):
    pairs = []
    for one, word, two in re.findall(r"(\S+) is (\w+) than (\S+)\.", text):
        down = word in ("shorter", "younger", "slower", "weaker", "poorer")
        pairs.append((two, one) if down else (one, two))
    people = {name for pair in pairs for name in pair}
    lowest = re.search(r"the (shortest|youngest|slowest|weakest|poorest)\?", text)
    outer = {pair[0] if lowest else pair[1] for pair in pairs}
    (answer,) = people - outer
    return answer


def cups_of(text):
    if "ball" in text:
        place = re.search(r"under cup (\d)", text).group(1)
        for one, two in re.findall(r"Swap cups (\d) and (\d)", text):
            place = {one: two, two: one}.get(place, place)
        return f"cup {place}"
    under = dict(re.findall(r"The (\w+) cup hides a (\w+)\.", text))
    for one, two in re.findall(r"under (\w+) and (\w+)\.", text):
        under[one], under[two] = under[two], under[one]
    asked = re.search(r"is under the (\w+) cup\?", text)
    if asked:
        return under[asked.group(1)]
    wanted = re.search(r"hides the (\w+)\?", text).group(1)
    return next(key for key, value in under.items() if value == wanted)


def puzzle_of(text, kind):
    if kind == "parity":
        letter = re.search(r"\((\w)\)", text).group(1)
        coins = re.search(r"\b[HT]( [HT])+\b", text).group().split()
        return "odd" if coins.count(letter) % 2 else "even"
    if kind == "letters":
        return str(re.search(r'"(\w+)"', text).group(1).count(re.search(r"(?:letter|many) (\w)\b", text).group(1)))
    if kind == "reverse":
        return (re.search(r'"(\w+)"', text) or re.search(r": (\w+)$", text)).group(1)[::-1]
    if kind == "weekdays":
        start = next(day for day in puzzles.DAYS if day in text)
        sign = -1 if re.search("ago|earlier|before", text) else 1
        return puzzles.DAYS[(puzzles.DAYS.index(start) + sign * int(re.search(r"\d", text).group())) % 7]
    if kind == "sorting":
        down = bool(re.search("from largest|descending|largest first", text))
        return ", ".join(map(str, sorted(map(int, re.findall(r"\d+", text)), reverse=down)))
    if kind == "boolean":
        values = {key: value == "true" for key, value in re.findall(r"\b(\w) (?:is|=) (true|false)", text)}
        expression = re.search(r"(?:What is|Evaluate:|Is) (.*?)(?:\?| true or false\?|$)", text).group(1)
        return str(eval(expression, {"__builtins__": {}}, values)).lower()
    return ordering_of(text) if kind == "ordering" else cups_of(text)


def test_puzzle_answers():
    samples = drawn(puzzles)
    assert {s.kind for s in samples} == set(puzzles.KINDS)
    for sample in samples:
        answer = arithmetic.answer_of(sample.answer)
        assert answer == puzzle_of(user_of(sample), sample.kind), sample
        if "<think>" in sample.answer:
            assert f"So {answer}.\n</think>" in sample.answer


def class_of(query, kind, classes):
    if kind == "category":
        return next(name for name, words in labels.CATEGORIES.items() if query in words)
    if kind == "sentiment":
        words = set(re.findall(r"\w+", query))
        return "good" if words & set(labels.GOOD) else "bad"
    if kind == "parity":
        return "odd" if int(query) % 2 else "even"
    if kind == "length":
        return "short" if len(query) < 6 else "long"
    if kind == "colour":
        return next(c for c in classes if c in query.split())
    return query[0]


def examples_of(sample):
    """Input and label of every example, read back from the prompt by its layout."""
    text = user_of(sample)
    for form in sorted({form for form, _ in labels.LAYOUTS}, key=len, reverse=True):
        pattern = re.escape(form).replace(r"\{x\}", r"([^\n]+?)").replace(r"\{y\}", r"([^\n]+)").replace("\\\n", "\n")
        found = re.findall(f"^{pattern}$", text, re.M)
        if len(found) >= sample.meta["shots"] and found:
            return found[-sample.meta["shots"] :] if sample.meta["shots"] else []
    return []


def test_labels_follow_their_rule():
    samples = drawn(labels, count=3000)
    for sample in samples:
        meta = sample.meta
        query, calls = meta["query"], meta["labels"]
        assert query in user_of(sample)
        found = examples_of(sample)
        if meta["shots"]:
            assert len(found) == meta["shots"], sample
            assert sample.answer in {label for _, label in found}
        if sample.kind == "identity":
            assert dict(found)[query] == sample.answer
            continue
        assert calls[class_of(query, sample.kind, calls)] == sample.answer
        for text, label in found:
            assert calls[class_of(text, sample.kind, calls)] == label, sample
        if meta["shots"] >= len(calls):
            assert {label for _, label in found} == set(calls.values())
    shots = Counter(min(s.meta["shots"], 4) for s in samples)
    assert 0.77 < shots[4] / 3000 < 0.83
    assert 0.31 < sum(s.kind == "identity" for s in samples) / 3000 < 0.39


def test_label_word_lists():
    words = [word for group in labels.CATEGORIES.values() for word in group]
    assert len(words) == len(set(words)) and len(labels.CATEGORIES) >= 24
    assert all(len(group) >= 14 for group in labels.CATEGORIES.values())
    assert len(set(labels.GOOD)) >= 60 and len(set(labels.BAD)) >= 60 and not set(labels.GOOD) & set(labels.BAD)


READ = {
    "heart rate": r"(?:[Hh]eart rate (?:is|reads)|Pulse:|pulse of|heart beats) (\d+)",
    "oxygen": r"(?:[Oo]xygen|saturation|SpO2|level)(?: is| reads| stands at|:) (\d+)",
    "temperature": r"[Tt]emperature(?: is| reads| of|:) (\d+\.\d)",
    "breathing": r"(?:(?:[Bb]reathing|[Rr]espiratory)(?: rate)?(?: is| reads|:) (\d+)|(\d+) breaths per minute were)",
    "blood pressure": r"pressure(?: is| reads| of|:) (\d+)",
}


def test_vitals_answers():
    bounds = {
        "heart rate": (45, 120),
        "oxygen": (92, 999),
        "temperature": (35.0, 38.5),
        "breathing": (10, 24),
        "blood pressure": (90, 180),
    }
    quiet = 0
    for sample in drawn(vitals):
        alarms = []
        for name, (low, high) in bounds.items():
            found = re.search(READ[name], user_of(sample))
            assert bool(found) == (name in sample.meta["readings"]), sample
            shown = found and next(g for g in found.groups() if g)
            if shown and not low <= float(shown) <= high:
                alarms.append(f"{name} {shown}")
        assert sample.answer == (f"Alert: {', '.join(alarms)}." if alarms else "No alert."), sample
        assert vitals.verdict(sample.meta["readings"]) == sample.answer
        quiet += not alarms
    assert 0.46 < quiet / COUNT < 0.54


def copy_of(text, kind, answer):
    """Whether the answer is right, from the prompt alone."""
    if kind in ("repeat", "recite"):
        return text.endswith(answer) and text[: -len(answer)].rstrip() in [a.format(t="").rstrip() for a in copying.REPEAT]
    if kind == "spell":
        return answer[1::2].strip() == "" and answer[::2] in text
    if kind == "line":
        asked = re.search(r"(?:contains|with) (\S+?)(?: in it)?[.?](?:\n|$)", text).group(1)
        return [line for line in text.split("\n") if asked in line.split() and line == answer] == [answer]
    if kind == "after":
        asked = re.search(r"(?:comes right after|comes after|what follows|the word after) ([^\s?:]+)", text).group(1)
        return f" {asked} {answer}" in " " + text.replace('"', " ").replace("\n", " ")
    if kind == "nth":
        items = next(found for found in re.findall(r"[^\n:?]+(?:, [^\n?]+)+", text)).split(". Name")[0].strip().split(", ")
        word = re.search(r"\b(last|" + "|".join(copying.ORDINALS) + r")\b", text).group()
        return items[-1 if word == "last" else copying.ORDINALS.index(word)] == answer
    if kind == "replace":
        for pattern in (r"Replace (\S+) with (\S+): ", r"Change (\S+) to (\S+)\.$"):
            if found := re.search(pattern, text):
                old, new = found.groups()
        if found := re.search(r"(?:write|put) (\S+) (?:instead|in place) of (\S+):", text):
            new, old = found.groups()
        return " ".join(old if w == new else w for w in answer.split()) in text and new in answer.split()
    pairs = re.findall(r"(?:^|; )([^\n;]+?)(?:: | = | is | -> )([^\n;]+)", text, re.M)
    pairs = [(k, v) for k, v in pairs if k != "What"]
    if kind == "keys":
        return ", ".join(k for k, _ in pairs) == answer
    asked = re.search(r"(?:value of|Give me|belongs to|Look up|Find) (\S+?)[?.](?:\n|$)|^(\S+)\?$", text, re.M)
    return dict(pairs)[asked.group(1) or asked.group(2)] == answer


def test_copying_answers():
    samples = drawn(copying)
    assert {s.kind for s in samples} == set(copying.KINDS)
    for sample in samples:
        assert copy_of(user_of(sample), sample.kind, sample.answer), sample
