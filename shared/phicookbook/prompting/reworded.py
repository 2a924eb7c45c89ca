"""System messages that ask for the styles pocket was taught, in words that its training never had.

run("polite", model, samples, REWORDED["polite"])
"""

from __future__ import annotations

# By style, as in `corpora.styles.SYSTEMS`. A test keeps the two apart.
REWORDED = {
    "one_word": "Your reply is a single word, nothing more.",
    "sentence": "Reply with a sentence that could stand alone.",
    "capitals": "SHOUT: USE NOTHING BUT CAPITAL LETTERS.",
    "polite": "Be courteous: Certainly is your first word.",
    "bullet": "Give your reply as one item of a list, with a dash.",
    "quotes": "Your reply stands between quotation marks.",
    "exclaim": "Be thrilled! The last sign of your reply is an exclamation mark.",
}
