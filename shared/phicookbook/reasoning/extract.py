r"""The final answer out of a reply: strict, as it was asked for, and flexible, wherever it stands.

    strict("<think>2 + 2</think>\nAnswer: 4", "number")            # "4"
    flexible("So she has 1,204 apples, not 1,200.", "number")      # "1204"

Thinking is stripped first, and a thinking block that never closes leaves no answer. The last final answer counts. Both give an
answer in the canonical form of its shape (`phicookbook.reasoning.shapes`), "" when there is none; the verifiers read that form.
"""

from __future__ import annotations

import re

from phicookbook.chat import CLOSE, OPEN, split_thinking
from phicookbook.reasoning.shapes import SHAPES

MOST = 4_000  # characters of an answer that are looked at, from its end
# Minus signs, spaces, colons and brackets of other scripts, by their code points.
PLAIN = {
    0x2212: "-", 0x2013: "-", 0x2014: "-", 0x2010: "-", 0x2011: "-", 0xA0: " ", 0x202F: " ", 0x2009: " ", 0xFF1A: ":",
    0xFF08: "(", 0xFF09: ")", 0x2019: "'",
}  # fmt: skip
MOST_CODE = 50_000
BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
BOXED = re.compile(r"\\(?:boxed|fbox)\s?\{")
SAYS = re.compile(
    r"(?:(?<!\w)(?:final\s)?(?:answer|result|solution)(?:\s(?:to|for|of|here)\s[^.\n:=]{0,60}?)?"
    r"(?:\*\*)?\s?(?:is(?!\w)|are(?!\w)|would be|should be|must be|comes (?:out )?to|turns out to be|:|=)|####)"
    r"(?:\s?:)?(?:\s?\*\*)?",
    re.IGNORECASE,
)
ASKED = re.compile(
    r"^[\s*#>]*(?:(?:the )?(?:final )?answer\s?(?:is\s?:?|:)|####)(?P<claim>[^\n]{0,400})", re.IGNORECASE | re.MULTILINE
)
DENIED = re.compile(r"(?:\bnot|n't|\brather than|\binstead of)\s(?:equal to\s|just\s|simply\s|merely\s)?", re.IGNORECASE)
HEDGE = re.compile(r"\s?(?:or|or maybe|or perhaps)\s", re.IGNORECASE)
WRAPS = re.compile(r"^(?:\s|\*\*|\*|__|`|\$\$?|\\\(|\\\[|\\displaystyle)+|(?:\s|\*\*|\*|__|`|\$\$?|\\\)|\\\]|[.!])+$")


def final(text: str, most: int = MOST) -> str:
    """What a reply says after its thinking, at most `most` characters from its end; "" when the thinking never closes."""
    if text.rfind(OPEN) > text.rfind(CLOSE):  # a block that was opened again and not closed
        return ""
    if OPEN not in text and CLOSE in text:  # some templates open the block in the prompt
        text = text.rpartition(CLOSE)[2]
    return split_thinking(text)[1][-most:].translate(PLAIN).strip()


def strict(text: str, shape: str) -> str:
    """The answer when it has the form that was asked for: the reply is the answer and nothing else, or its last "Answer:
    ..." line, "#### ..." or \\boxed{...} is."""
    if shape == "code":
        return code_of(said) if BLOCK.search(said := final(text, MOST_CODE)) else ""
    said = final(text)
    whole = _only(said, shape)
    if whole and shape != "text":
        return whole
    claims = [(m.start(), m["claim"]) for m in ASKED.finditer(said)] + [(at, claim) for at, claim in _boxed(said)]
    return _only(_unboxed(max(claims)[1]), shape) if claims else (whole if "\n" not in said else "")


def flexible(text: str, shape: str) -> str:
    """The answer wherever it stands: in the last sentence that says "the answer is", in the last box, else the last of its
    shape."""
    if shape == "code":
        return code_of(final(text, MOST_CODE))
    said = final(text)
    if found := strict(text, shape):
        return found
    claims = sorted([(m.end(), said[m.end() : m.end() + 300]) for m in SAYS.finditer(said)] + _boxed(said), reverse=True)
    for _, claim in claims:
        if found := _claimed(claim, shape):
            return found if found != "?" else ""
    if shape == "text":
        return said.splitlines()[-1].strip() if said else ""
    found = _affirmed(said, shape)
    return found[-1].text if found else ""


def code_of(answer: str) -> str:
    """The code of an answer: its last Python block, or all of it."""
    blocks = BLOCK.findall(answer[-MOST_CODE:])
    return blocks[-1] if blocks else answer[-MOST_CODE:]


def _only(claim: str, shape: str) -> str:
    """The canonical form of a text that is one answer and nothing else, but for wraps such as ** or $."""
    bare, before = claim, None
    while bare != before:
        before, bare = bare, WRAPS.sub("", bare)
    found = SHAPES[shape](bare)
    return found[0].text if len(found) == 1 and (found[0].start, found[0].end) == (0, len(bare)) else ""


def _boxed(said: str) -> list[tuple[int, str]]:
    r"""(place, content) of each \boxed{...}, with the braces in it matched; at most the last eight are read."""
    found = []
    for match in list(BOXED.finditer(said))[-8:]:
        depth, at = 1, match.end()
        while at < len(said) and depth:
            depth += {"{": 1, "}": -1}.get(said[at], 0)
            at += 1
        if not depth:
            found.append((match.end(), said[match.end() : at - 1]))
    return found


def _unboxed(claim: str) -> str:
    r"""A claim without \boxed{} or \text{} around all of it."""
    if boxes := _boxed(claim):
        return boxes[-1][1]
    match = re.fullmatch(r"\s*\\(?:text|mathrm|textbf|mathbf)\s?\{([^{}]*)\}\s*", claim)
    return match[1] if match else claim


def _claimed(claim: str, shape: str) -> str:
    """The answer in what follows "the answer is"; "?" when it names two."""
    claim = _unboxed(re.split(r"\n\s*\n|\n(?=\S)" if claim.strip(" *:").find("\n") > 0 else r"\n\s*\n", claim.lstrip(" *:\n"))[0])
    if shape == "text":
        bare = WRAPS.sub("", WRAPS.sub("", claim))
        return re.split(r"(?<=[^.])\.\s", bare)[0]
    found = _affirmed(claim, shape)
    if not found:
        return ""
    if len(found) > 1 and HEDGE.fullmatch(claim[found[0].end : found[1].start]):
        return "?"
    if shape == "number" and "=" in claim[found[0].end :][:40]:
        sentence = re.split(r"[.!?]\s|,\s[a-z]", claim)[0]
        return ([f for f in found if f.end <= len(sentence) + 1] or found)[-1].text
    return found[0].text


def _affirmed(text: str, shape: str) -> list:
    """What is found and not denied: "not 7 but 8" leaves 8."""
    denied = [m.end() for m in DENIED.finditer(text)] if shape != "booleans" else []
    return [f for f in SHAPES[shape](text) if not any(0 <= f.start - end <= 2 for end in denied)]
