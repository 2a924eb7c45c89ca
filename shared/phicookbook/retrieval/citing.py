"""Citations: number the passages for a prompt, and check that each [1] in an answer points at what it claims.

    checked = verify("The inn opens at 9:00 [1].", ["The inn opens at 9:00."]); checked.precision, checked.recall   # (1.0, 1.0)

Precision and recall of citations are those of Gao et al., ALCE (EMNLP 2023), with containment in place of a judging
model: a passage supports a statement that stands in it word for word, or of which it holds every number and name and
nearly every other word. That finds wrong numbers and wrong sources. It cannot follow a paraphrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 0.75  # share of a statement's words that a passage must hold
MARK = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
STOP_WORDS = """a an and are as at be been but by can do does for from had has have he her his how i if in is it its me my
of on or our she so that the their them there they this to was we were what when where which who will with would you your"""
STOP = frozenset(STOP_WORDS.split())
NEGATIONS = frozenset(("not", "no", "never", "none", "neither", "nor", "without", "cannot"))


@dataclass(frozen=True)
class Citation:
    """One mark of an answer: the statement before it, the number of the passage, and whether that supports it."""

    statement: str
    number: int
    supported: bool
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """The citations of an answer; `uncited` are statements without a mark, `unsupported` those no cited passage holds."""

    citations: list[Citation]
    statements: int
    uncited: list[str]
    unsupported: list[str]

    @property
    def precision(self) -> float:
        """Share of the citations whose passage supports the statement; 0 without citations."""
        return sum(citation.supported for citation in self.citations) / len(self.citations) if self.citations else 0.0

    @property
    def recall(self) -> float:
        """Share of the statements that some cited passage supports; 0 without statements."""
        return 1 - (len(self.uncited) + len(self.unsupported)) / self.statements if self.statements else 0.0


def number(passages: Sequence[str]) -> str:
    """Passages as a prompt shows them, each on a line: "[1] ..."."""
    return "\n".join(f"[{place}] {' '.join(text.split())}" for place, text in enumerate(passages, 1))


def verify(answer: str, passages: Sequence[str], least: float = LEAST) -> Verdict:
    """Check each citation of an answer against the passages, of which [1] is the first."""
    citations, uncited, unsupported = [], [], []
    found = statements(answer)
    for statement, numbers in found:
        checked = [_check(statement, place, passages, least) for place in numbers]
        citations += checked
        if not checked:
            uncited.append(statement)
        elif not any(citation.supported for citation in checked):
            unsupported.append(statement)
    return Verdict(citations, len(found), uncited, unsupported)


def statements(answer: str) -> list[tuple[str, list[int]]]:
    """The sentences of an answer without their marks, each with the numbers that it cites."""
    closed = re.sub(r"([.!?])((?:[ \t]*\[\d+(?:\s*,\s*\d+)*\])+)", r"\2\1", answer)  # "So it is. [1]" cites before the stop
    found = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", closed):
        numbers = [int(one) for marks in MARK.findall(sentence) for one in marks.split(",")]
        text = re.sub(r"\s+([.!?,;:])", r"\1", " ".join(MARK.sub(" ", sentence).split())).strip("-* ")
        if re.search(r"\w", text):
            found.append((text, list(dict.fromkeys(numbers))))
        elif numbers and found:  # marks that stand alone belong to the sentence before
            found[-1] = found[-1][0], list(dict.fromkeys([*found[-1][1], *numbers]))
    return found


def tokens(text: str) -> list[str]:
    """Words, times, prices and codes of a text in one spelling: lower case, no accents' variants, no marks around."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.findall(r"\d+(?:[.:,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?", plain)


def contained(statement: str, passage: str) -> float:
    """How far a passage holds a statement: 1 if word for word, 0 if a number or a "not" differs, else the share of its words."""
    said, held = tokens(statement), tokens(passage)
    if not said:
        return 0.0
    if f" {' '.join(said)} " in f" {' '.join(held)} ":
        return 1.0
    if _numbers_lacking(said, held) or _denied(said, passage):
        return 0.0
    content = _content(said)
    return sum(word in set(held) for word in content) / len(content)


def _content(said: list[str]) -> list[str]:
    return [word for word in dict.fromkeys(said) if word not in STOP] or said


def _numbers_lacking(said: list[str], held: list[str]) -> list[str]:
    return [word for word in said if word[0].isdigit() and word not in set(held)]


def _denied(said: list[str], passage: str) -> bool:
    """Whether a "not" stands either in the statement or in the passage's sentence that is nearest to it, and not in both."""
    content = set(_content(said))
    nearest = max(re.split(r"(?<=[.!?])\s+|\n+", passage), key=lambda part: len(set(tokens(part)) & content))
    return _negated(tokens(nearest)) != _negated(said)


def _negated(words: list[str]) -> bool:
    return any(word in NEGATIONS or word.endswith("n't") for word in words)


def _names(text: str) -> set[str]:
    """Words that a capital marks as names; the first of a sentence may be no name and does not count."""
    inner = re.sub(r"(?:^|(?<=[.!?])\s+|\n)\W*\w+", " ", text)
    return {word for found in re.findall(r"\b[^\W\d_a-z][^\W\d_]+", inner) for word in tokens(found)}


def _check(statement: str, place: int, passages: Sequence[str], least: float) -> Citation:
    if not 1 <= place <= len(passages):
        return Citation(statement, place, False, f"there is no passage {place}")
    passage = passages[place - 1]
    missing = _names(statement) - set(tokens(passage))
    if missing:
        return Citation(statement, place, False, f"the passage does not name {', '.join(sorted(missing))}")
    share = contained(statement, passage)
    if share >= least:
        return Citation(statement, place, True, "")
    said = tokens(statement)
    if lacking := _numbers_lacking(said, tokens(passage)):
        return Citation(statement, place, False, f"the passage does not hold {', '.join(lacking)}")
    denied = bool(said) and _denied(said, passage)
    reason = 'a "not" stands on one side only' if denied else f"the passage holds {share:.0%} of its words"
    return Citation(statement, place, False, reason)
