"""Product descriptions turned into titles and tags by fixed rules.

    products.sample(random.Random(1)).answer  # "Contoso Oak Chair in Teal"

Title: "{Brand} {Material} {Item} in {Colour}", each word with a capital; a part that the
description does not name is left out. Tags: lower case, in the order item, colour,
material, use, feature, again without the parts that are not named.
"""

from __future__ import annotations

import random

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

ORDER = ("item", "colour", "material", "use", "feature")

COLOURS = ["red", "blue", "green", "yellow", "orange", "purple", "pink", "black", "white", "grey", "brown", "teal", "ivory", "beige", "navy", "maroon", "turquoise", "violet", "silver", "gold", "olive", "coral", "crimson", "indigo", "lilac", "mint", "cream", "amber", "scarlet", "khaki", "peach", "charcoal", "plum", "rust", "lemon", "cherry", "aqua"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


# category: items, materials, uses, features
CATEGORIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "bags": (
        _words("backpack, suitcase, handbag, wallet, tote bag, toolbag, laptop sleeve"),
        _words("leather, canvas, nylon, cork, denim, hemp"),
        _words("travel, commuting, school, hiking, shopping, weekend trips"),
        _words("waterproof, lightweight, foldable, lockable, padded, scuffproof"),
    ),
    "kitchen": (
        _words("teapot, frying pan, mug, salad bowl, kettle, cutting board, water bottle, spoon"),
        _words("steel, ceramic, glass, bamboo, copper, stoneware, silicone, cast iron"),
        _words("breakfast, baking, picnics, daily cooking, large families, soup"),
        _words("insulated, heatproof, stackable, unbreakable, leakproof, hand painted"),
    ),
    "furniture": (
        _words("chair, desk, bookcase, stool, bench, sofa, coat rack, bedside table"),
        _words("oak, pine, walnut, rattan, velvet, steel, leather, plywood"),
        _words("small flats, reading, home offices, the hallway, guests, studying"),
        _words("adjustable, sturdy, foldable, stackable, swivelling, extendable"),
    ),
    "clothing": (
        _words("jacket, scarf, jumper, shirt, raincoat, apron, hat, belt"),
        _words("wool, cotton, linen, silk, fleece, cashmere, denim, leather"),
        _words("winter, rainy days, running, office wear, gardening, summer evenings"),
        _words("windproof, washable, breathable, stretchy, reversible, hand stitched"),
    ),
    "electronics": (
        _words("keyboard, speaker, phone case, radio, alarm clock, power bank, webcam"),
        _words("aluminium, plastic, rubber, bamboo, carbon fibre, steel"),
        _words("gaming, music, video calls, travel, night shifts, long flights"),
        _words("wireless, rechargeable, shockproof, silent, compact, solar powered"),
    ),
    "garden": (
        _words("watering can, planter, wheelbarrow, bird feeder, spade, garden hose"),
        _words("zinc, terracotta, cedar, rubber, copper, wicker"),
        _words("balconies, herbs, roses, heavy soil, vegetable beds, wild birds"),
        _words("frostproof, rustproof, lightweight, sturdy, refillable, weatherproof"),
    ),
    "toys": (
        _words("puzzle, kite, doll house, toy train, board game, spinning top, teddy bear"),
        _words("wood, felt, plastic, plush, cardboard, beech"),
        _words("toddlers, rainy days, birthdays, windy beaches, family evenings"),
        _words("washable, colourful, magnetic, soft, foldable, hand painted"),
    ),
    "stationery": (
        _words("notebook, fountain pen, pencil case, desk lamp, ruler, photo album, calendar"),
        _words("paper, leather, brass, cork, felt, birch"),
        _words("lectures, sketching, letters, planning, studying, meetings"),
        _words("refillable, pocket sized, adjustable, durable, spiral bound, recycled"),
    ),
    "sports": (
        _words("yoga mat, tennis racket, football, helmet, skateboard, jump rope, paddle"),
        _words("rubber, carbon fibre, cork, maple, foam, leather"),
        _words("beginners, training, winter sports, long rides, warm ups, matches"),
        _words("non slip, shockproof, lightweight, adjustable, ventilated, flexible"),
    ),
    "pets": (
        _words("dog bed, cat tree, leash, pet bowl, scratching post, dog coat"),
        _words("sisal, fleece, nylon, ceramic, hemp, felt"),
        _words("puppies, old dogs, kittens, long walks, indoor cats, large breeds"),
        _words("washable, chewproof, reflective, non slip, odourless, padded"),
    ),
    "bathroom": (
        _words("soap dish, bath mat, towel, toothbrush, mirror, laundry basket"),
        _words("marble, cotton, bamboo, wicker, glass, porcelain"),
        _words("guests, small bathrooms, daily use, the sauna, children, hotels"),
        _words("absorbent, quick drying, rustproof, soft, handmade, unbreakable"),
    ),
    "music": (
        _words("guitar, drum, flute, violin case, music stand, harmonica"),
        _words("spruce, brass, maple, rosewood, aluminium, carbon fibre"),
        _words("beginners, concerts, lessons, street music, studios, campfires"),
        _words("adjustable, handmade, compact, lightweight, durable, foldable"),
    ),
}

INTROS = (
    "Meet {a} from {brand}.", "{brand} makes this {np}.", "This {np} is by {brand}.",
    "New from {brand}: {a}.", "{brand} has added {a} to its range.", "We now stock {a} by {brand}.",
    "The {np} by {brand} is back in stock.", "{brand} presents {a}.", "Take a look at {a} by {brand}.",
    "From {brand} comes {a}.", "{brand} is known for this {np}.", "Our shop sells {a} made by {brand}.",
)
PREDICATES = {
    "colour": ("comes in {}", "is {} in colour", "is finished in {}", "has a bright {} tone", "is sold in {}"),
    "material": ("is made of {}", "is built from {}", "uses only {}", "was crafted from {}"),
    "use": ("is meant for {}", "is good for {}", "was designed for {}", "is our tip for {}", "is ideal for {}"),
    "feature": ("is {}", "is also {}", "is truly {}", "was praised as {}"),
}
TITLE_ASKS = (
    "Write a product title.", "Make a title for this product.", "Give this product a title.",
    "Turn the description into a title.", "What title fits this product?", "Title, please.",
    "Write the title for our shop page.", "Create a short product title from this text.",
    "Name this listing with a product title.", "We need a product title for this description.",
)
TAG_ASKS = (
    "Write tags for this product.", "Give me the tags.", "Tag this product.",
    "Which tags fit this description?", "List the tags, separated by commas.", "Tags, please.",
    "Make lower-case tags from this description.", "Add search tags for our shop page.",
    "Turn the description into tags.", "We need tags for this listing.",
)
LAYOUTS = ("{ask}\n{text}", "{text}\n{ask}", "{ask}\n\nDescription: {text}", "Product: {text}\n{ask}")


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it."""
    return ("an " if phrase[0].lower() in "aeiou" else "a ") + phrase


def title(facts: dict[str, str]) -> str:
    """The title by the rule in the module's docstring."""
    middle = " ".join(facts[key] for key in ("material", "item") if key in facts).title()
    tail = f" in {facts['colour'].title()}" if "colour" in facts else ""
    return f"{facts['brand']} {middle}{tail}"


def tags(facts: dict[str, str]) -> str:
    """The tags by the rule in the module's docstring."""
    return ", ".join(facts[key] for key in ORDER if key in facts)


def draw_facts(rng: random.Random, keep: int) -> dict[str, str]:
    """A product: its brand, its item and `keep` of the four further facts."""
    items, materials, uses, features = CATEGORIES[rng.choice(list(CATEGORIES))]
    pool = {"colour": rng.choice(COLOURS), "material": rng.choice(materials),
            "use": rng.choice(uses), "feature": rng.choice(features)}
    chosen = set(rng.sample(sorted(pool), keep))
    facts = {"brand": names.company(rng), "item": rng.choice(items)}
    return facts | {key: pool[key] for key in ORDER if key in chosen}


def aside(rng: random.Random) -> str:
    """A fact that belongs in neither title nor tags."""
    return rng.choice((
        f"The price is ${rng.randint(5, 480)}.", f"It costs ${rng.randint(5, 480)} with delivery.",
        f"It weighs {rng.randint(2, 95) * 10} grams.", f"It is made in {names.place(rng)}.",
        f"Delivery takes {rng.randint(2, 9)} days.", f"The guarantee lasts {rng.randint(2, 9)} years.",
        f"Buyers give it {rng.randint(31, 49) / 10} stars.", f"It was first sold in {names.month(rng)}.",
        f"We send it from {names.place(rng)} every {names.weekday(rng)}.",
        f"It measures {rng.randint(8, 95)} by {rng.randint(8, 95)} centimetres.",
        f"The box is {rng.choice(COLOURS)}.", f"Only {rng.randint(2, 60)} are left.",
        f"{names.person(rng)} drew the first sketch.",
    ))


def describe(rng: random.Random, facts: dict[str, str]) -> str:
    """One to three sentences that name every fact once, in a varied order."""
    loose = [key for key in ORDER[1:] if key in facts]
    front = [key for key in loose if key != "use" and rng.random() < 0.5]
    adjectives = [facts[key] for key in ("feature", "colour", "material") if key in front]
    noun = " ".join([*adjectives, facts["item"]])
    if "use" in loose and rng.random() < 0.4:
        noun, front = f"{noun} for {facts['use']}", [*front, "use"]
    intro = rng.choice(INTROS).format(a=article(noun), np=noun, brand=facts["brand"])
    rest = [key for key in loose if key not in front]
    rng.shuffle(rest)
    parts = [rng.choice(PREDICATES[key]).format(facts[key]) for key in rest]
    sentences = [intro]
    if parts:
        body = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
        sentences.append(f"It {body}.")
    if rng.random() < 0.7:
        sentences.insert(rng.randint(1, len(sentences)), aside(rng))
    return " ".join(sentences)


ASKS = {"title": TITLE_ASKS, "tags": TAG_ASKS}
WRITERS = {"title": title, "tags": tags}


def sample(rng: random.Random) -> Sample:
    """A title or a set of tags for a drawn product, or one after the other ("both")."""
    kind = rng.choice(("title", "tags", "both"))
    facts = draw_facts(rng, rng.choice((2, 3, 3, 4)))
    text = describe(rng, facts)
    wanted = rng.sample(("title", "tags"), 2) if kind == "both" else [kind]
    asks = [rng.choice(ASKS[one]) for one in wanted]
    messages = conversation(rng.choice(LAYOUTS).format(ask=asks[0], text=text), WRITERS[wanted[0]](facts))
    for one, ask in zip(wanted[1:], asks[1:], strict=True):
        messages += conversation(ask, WRITERS[one](facts))
    return Sample("titles", messages, kind, {"facts": facts, "text": text})

