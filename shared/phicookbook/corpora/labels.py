"""In-context learning: examples "input -> label" and then an input whose label the examples tell.

    print(sample(random.Random(1)).messages)
"""

from __future__ import annotations

import random

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

Draft = tuple[list[tuple[str, str]], str, str, list[str]]  # (input, class) pairs, query, its class, classes

CATEGORIES = {name: words.split() for name, words in {
    "animal": "dog cat horse cow sheep goat pig lion tiger bear wolf fox rabbit mouse camel zebra deer",
    "fruit": "apple pear plum peach cherry grape banana mango lemon kiwi fig melon apricot papaya",
    "tool": "hammer saw drill wrench chisel pliers screwdriver shovel rake axe file spade crowbar mallet",
    "weather": "rain snow hail fog storm thunder wind drizzle sleet frost breeze blizzard sunshine lightning mist",
    "vegetable": "carrot potato onion cabbage spinach leek broccoli lettuce celery turnip radish pumpkin cucumber garlic",
    "bird": "sparrow eagle owl crow swan pigeon parrot robin heron falcon raven stork finch pelican",
    "fish": "trout salmon cod herring tuna carp pike eel perch sardine halibut mackerel haddock anchovy",
    "insect": "ant bee wasp beetle moth butterfly mosquito cricket ladybird dragonfly flea termite hornet locust",
    "vehicle": "car bus train truck tram bicycle motorcycle van taxi tractor scooter ambulance helicopter ferry",
    "clothing": "shirt coat hat scarf glove sock skirt dress jacket sweater trousers belt vest blouse",
    "furniture": "table chair sofa bed desk shelf wardrobe cupboard stool bench dresser cabinet armchair bookcase",
    "job": "doctor teacher farmer baker nurse lawyer plumber tailor dentist painter sailor engineer butcher pilot",
    "country": "France Spain Italy Japan Brazil Canada Egypt Kenya India Norway Peru Poland Greece Mexico",
    "city": "Paris London Tokyo Rome Madrid Berlin Cairo Vienna Oslo Lima Dublin Prague Athens Lisbon",
    "sport": "tennis football hockey rugby golf swimming boxing rowing archery fencing judo skiing volleyball cycling",
    "instrument": "piano violin guitar flute trumpet drum cello harp clarinet oboe trombone banjo accordion tuba",
    "drink": "water milk coffee tea juice wine beer cocoa lemonade cider soda cola champagne espresso",
    "tree": "oak pine birch maple willow elm cedar spruce beech poplar chestnut fir larch sycamore",
    "flower": "rose tulip daisy lily violet orchid daffodil poppy iris lilac sunflower jasmine carnation marigold",
    "metal": "iron gold silver copper tin lead zinc nickel steel bronze brass aluminium platinum titanium",
    "shape": "circle square triangle cube sphere cone oval pyramid cylinder hexagon rectangle pentagon diamond star",
    "building": "house church school castle tower barn hotel hospital temple museum library factory cottage palace",
    "body": "arm leg hand foot nose ear eye mouth knee elbow shoulder neck finger chin",
    "family": "mother father sister brother aunt uncle cousin grandmother grandfather son daughter nephew niece wife",
    "feeling": "joy anger fear sadness pride shame envy hope love disgust guilt grief boredom relief",
    "food": "bread cheese soup rice pasta pizza cake butter salad sausage omelette pancake sandwich biscuit",
    "kitchenware": "pot pan spoon fork plate bowl kettle whisk ladle oven toaster jug saucepan grater",
    "landform": "mountain river lake valley hill desert island canyon cliff forest beach glacier volcano swamp",
}.items()}
GOOD = (
    "good great lovely excellent wonderful brilliant superb delightful pleasant charming fantastic amazing perfect "
    "beautiful splendid marvellous enjoyable fine nice fabulous terrific outstanding impressive glorious magnificent "
    "graceful elegant helpful friendly kind cheerful sweet fresh tasty delicious clean comfortable cosy smooth reliable "
    "clever bright exciting thrilling inspiring refreshing admirable adorable remarkable generous gentle honest polite "
    "useful valuable warm welcoming witty fair joyful stunning sparkling"
).split()
BAD = (
    "bad awful terrible horrible dreadful poor nasty ugly boring dull dirty broken disgusting rotten annoying "
    "disappointing unpleasant painful cruel rude useless worthless lousy filthy gloomy miserable stale bitter noisy "
    "clumsy careless lazy stupid slow cold cramped faulty unreliable dishonest mean greedy hostile harmful hateful "
    "horrid grim shabby sloppy smelly tedious tiresome tasteless unfair ghastly appalling atrocious weak messy "
    "frightening depressing dangerous"
).split()
REVIEWS = (
    "{a}", "{a}", "The {n} was {a}.", "The {n} is {a}", "Really {a} {n}", "I found the {n} {a}.", "What we got was {a}",
    "the {n} felt {a}", "Their {n} seemed {a}.",
)
NOUNS = "film soup hotel service book song dinner garden concert trip room coffee show game speech phone bike lesson".split()
COLOURS = "red blue green yellow black white brown grey pink purple orange".split()
COLOURED = "bucket car door shirt lamp pen bag chair ball box kite boat cup hat wall flag book bike".split()
KINDS = ("category", "category", "category", "sentiment", "parity", "length", "colour", "letter")
LAYOUTS = (
    ("Input: {x}\nLabel: {y}", "\n"), ("Input: {x}\nLabel: {y}", "\n\n"), ("{x} -> {y}", "\n"), ("{x} -> {y}", "\n"),
    ("{x} = {y}", "\n"), ("{x}: {y}", "\n"), ("Input: {x} Output: {y}", "\n"), ("Text: {x}\nClass: {y}", "\n"),
    ("Q: {x}\nA: {y}", "\n"), ("{x} | {y}", "\n"), ("{x} => {y}", "\n"),
)
INSTRUCTIONS = (
    "Label the last input like the examples.", "Follow the pattern.", "Give the label of the last line.",
    "Classify the last item.", "Use the examples to label the input.", "Complete the last line.", "Answer with the label only.",
)
NAMED = ("Label the input as {c}.", "Choose one label: {c}.", "Which of these is it: {c}?", "Classify the input as {c}.")
SHOTS = {0: 6, 1: 4, 2: 5, 3: 5, 4: 16, 5: 16, 6: 16, 7: 16, 8: 16}


def pools(rng: random.Random, kind: str) -> dict[str, list[str]]:
    """The inputs of each class for a rule of this kind."""
    if kind == "category":
        return {name: list(CATEGORIES[name]) for name in rng.sample(list(CATEGORIES), rng.choice((2, 2, 3)))}
    if kind == "sentiment":
        form = rng.choice(REVIEWS)
        fill = lambda words: [form.format(a=word, n=rng.choice(NOUNS)) for word in words]  # noqa: E731
        return {"good": fill(GOOD), "bad": fill(BAD)}
    if kind == "parity":
        top = rng.choice((10, 10, 100))
        return {name: [str(n) for n in range(top) if n % 2 == odd] for name, odd in (("odd", 1), ("even", 0))}
    words = [word for group in CATEGORIES.values() for word in group]
    if kind == "length":
        return {"short": [w for w in words if len(w) <= 4], "long": [w for w in words if len(w) >= 8]}
    if kind == "colour":
        form = rng.choice(("a {c} {n}", "the {n} is {c}", "{c} {n}", "my {n} is {c}", "we saw a {c} {n}"))
        return {c: [form.format(c=c, n=n) for n in COLOURED] for c in rng.sample(COLOURS, rng.choice((2, 2, 3)))}
    starts = rng.sample("bcdfghlmprst", rng.choice((2, 2, 3)))
    return {start: [w for w in words if w[0] == start] for start in starts}


def rule_draft(rng: random.Random, kind: str, shots: int) -> Draft:
    """Examples and a query of a rule; every class is shown when the shots suffice."""
    groups = pools(rng, kind)
    classes = list(groups)
    for words in groups.values():
        rng.shuffle(words)
    rng.shuffle(classes)
    picked = classes[:shots] + [rng.choice(classes) for _ in range(shots - len(classes))]
    wanted = rng.choice(picked or classes)
    query = groups[wanted].pop()
    used: dict[str, int] = dict.fromkeys(classes, 0)
    pairs = []
    for name in picked:
        words = groups[name]
        pairs.append((words[used[name] % len(words)], name))
        used[name] += 1
    rng.shuffle(pairs)
    return pairs, query, wanted, classes


def unseen_input(rng: random.Random, flavour: str) -> str:
    """An input for the look-up kind."""
    if flavour == "item":
        return rng.choice(CATEGORIES[rng.choice(list(CATEGORIES))])
    if flavour == "code":
        return "".join(rng.choices("0123456789", k=rng.randint(1, 3)))
    if flavour == "word":
        return names.word(rng, rng.choice((1, 1, 2)))
    return {"person": names.first_name, "place": names.place}[flavour](rng)


def identity_draft(rng: random.Random, shots: int) -> Draft:
    """Examples with labels that follow no rule; the query repeats one of the inputs."""
    flavour = rng.choice(("item", "item", "word", "word", "person", "place", "code"))
    inputs: list[str] = []
    while len(inputs) < shots:
        text = unseen_input(rng, flavour)
        if text not in inputs:
            inputs.append(text)
    count = shots if rng.random() < 0.6 else min(shots, rng.choice((2, 3)))
    classes = [f"class {n}" for n in range(count)]
    held = classes + [rng.choice(classes) for _ in range(shots - count)]
    rng.shuffle(held)
    pairs = list(zip(inputs, held))
    query, wanted = rng.choice(pairs)
    return pairs, query, wanted, classes


def rename(rng: random.Random, classes: list[str], free: bool) -> dict[str, str]:
    """What each class is called: invented, symbols, other words, swapped names or (not `free`) its own."""
    count = len(classes)
    styles = ["invented"] * 4 + ["letters", "numbers", "other"] + ([] if free else ["swapped", "swapped", "own"])
    style = rng.choice(styles)
    if style == "own":
        labels = list(classes)
    elif style == "swapped":
        turn = rng.randint(1, count - 1) if count > 1 else 0
        labels = classes[turn:] + classes[:turn]
    elif style == "invented":
        labels = []
        while len(labels) < count:
            word = names.word(rng, rng.choice((1, 1, 2)))
            labels += [] if word in labels else [word]
    elif style == "other":
        labels = rng.sample(list(CATEGORIES), count)
    else:
        labels = rng.sample("ABCDEFGHKLMNPQRSTXYZ" if style == "letters" else "0123456789", count)
    return dict(zip(classes, labels))


def listed(words: list[str]) -> str:
    """The words as "a, b or c"."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def sample(rng: random.Random) -> Sample:
    """One prompt with 0 to 8 examples."""
    shots = rng.choices(list(SHOTS), list(SHOTS.values()))[0]
    if shots and rng.random() < 0.35 / 0.94:
        kind = "identity"
        pairs, query, wanted, classes = identity_draft(rng, shots)
    else:
        kind = rng.choice([k for k in KINDS if shots or k != "letter"])
        pairs, query, wanted, classes = rule_draft(rng, kind, shots)
    calls = rename(rng, classes, free=kind == "identity") if shots else dict(zip(classes, classes))
    form, gap = rng.choice(LAYOUTS)
    lines = [form.format(x=text, y=calls[name]) for text, name in pairs]
    lines.append(form.format(x=query, y="").rstrip())
    user = gap.join(lines)
    if not shots or (kind != "identity" and rng.random() < 0.1):
        shown = sorted(calls.values())
        user = rng.choice(NAMED).format(c=listed(shown)) + "\n" + user
    elif rng.random() < 0.35:
        user = rng.choice(INSTRUCTIONS) + "\n" + user
    meta = {"shots": shots, "kind": kind, "labels": calls, "class": wanted, "query": query}
    return Sample("labels", conversation(user, calls[wanted]), kind, meta)
