"""A member's parameters by hand from its widths, and those that writing a token reads: no torch, so it answers at once.

    stored(member("Phi-4-multimodal-instruct"))   # 5574476224
    read(member("Phi-4-multimodal-instruct"))     # 3836021760, its language model

`build.count` has the same from transformers' own models; a test holds the two against each other.
"""

from __future__ import annotations

from phicookbook.facts import Member

# What stands beside the language model: encoders, projections, LoRAs. Counted once by `build.count`, as a test repeats.
BESIDE = {"Phi-3.5-vision-instruct": 325_541_888, "Phi-4-multimodal-instruct": 1_738_454_464}


def language_model(each: Member, tied: bool | None = None, experts: int | None = None) -> int:
    """Parameters of a member's language model.

    `tied`: one table for input and output; by default as the member has it, and Phi-3-small, of which no source says it,
    has one. `experts`: how many of a layer's experts count, by default all.
    """
    phi_2, small, mixture = each.name == "phi-2", "small" in each.name, bool(each.experts)
    biased = phi_2 or small or mixture  # on the matrices of attention and on the norms
    width, inner = each.hidden, each.feed_forward
    keys_values = 2 * (width // each.heads) * each.kv_heads
    attention = (width + biased) * (width + keys_values) + (width + biased) * width
    matrices = 2 if phi_2 else 3  # the others have a gate
    feed = matrices * width * inner
    if phi_2 or small:
        feed += (matrices - 1) * inner + width
    if mixture:
        feed = feed * (each.experts if experts is None else experts) + width * each.experts  # and the router
    norm = (2 if biased else 1) * width
    layer = attention + feed + (1 if phi_2 else 2) * norm
    table = each.vocabulary * width
    head = 0 if _tied(each, tied) else table + (each.vocabulary if phi_2 or mixture else 0)
    return each.layers * layer + norm + table + head


def stored(each: Member) -> int:
    """All parameters of a member, those that see and hear included."""
    return language_model(each) + BESIDE.get(each.name, 0)


def read(each: Member) -> int:
    """Parameters that memory must deliver to write one more token of text.

    Not read are the experts that rest, and of an input table that is not the output table as well all rows but one.
    Encoders have done their work when writing begins. Phi-4-multimodal's LoRAs rest while no image and no sound is in
    the conversation; with one, that LoRA is read too, unless it was merged.
    """
    table = 0 if _tied(each) else each.vocabulary * each.hidden
    return language_model(each, experts=each.experts_per_token) - table


def _tied(each: Member, tied: bool | None = None) -> bool:
    return bool(each.tied_embeddings) or "small" in each.name if tied is None else tied
