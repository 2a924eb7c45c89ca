"""Solutions of chapter 01. The hints of `check` are the better first stop."""

from phicookbook.facts import member
from phicookbook.family import attention, memory
from phicookbook.family.build import build, config


def exercise_1():
    """Two tables instead of one."""
    model = build(config(member("Phi-4-mini-instruct"), tie_word_embeddings=False))
    return sum(p.numel() for p in model.parameters())


def exercise_2():
    """Memory over bytes a token."""
    return 2 * 10**9 // memory.kv_bytes_per_token(member("Phi-4-mini-instruct"))


def exercise_3():
    """The first window that sees enough."""
    wanted = attention.share_seen(attention.blocksparse(128, 16, 8))
    return next(w for w in range(1, 129) if attention.share_seen(attention.sliding(128, w)) >= wanted)
