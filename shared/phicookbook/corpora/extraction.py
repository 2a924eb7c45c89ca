"""Facts in running text turned into compact JSON with the fields that the prompt asks for.

    extraction.sample(random.Random(1)).answer  # '{"city":"Skagway","age":34}'

Fields stand in the order asked; numbers are numbers; a field that the text lacks is null.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

NULL_SHARE = 0.12

Maker = Callable[[random.Random], str | int | float]

JOBS = ["welder", "nurse", "baker", "pilot", "teacher", "plumber", "chemist", "farmer", "painter", "translator", "librarian", "driver", "surgeon", "carpenter", "florist", "editor", "tailor", "geologist", "cook", "lawyer"]
GOODS = ["lamps", "chairs", "mugs", "pencils", "batteries", "ladders", "filters", "hammers", "blankets", "candles", "cables", "notebooks", "helmets", "buckets", "ropes", "bottles", "towels", "mirrors", "boxes", "brushes"]
TOPICS = ["budget", "hiring", "safety", "marketing", "training", "packaging", "pricing", "recycling", "staffing", "logistics", "design", "insurance", "travel", "testing", "parking"]
TITLE_HEADS = ("The Silent", "The Last", "The Glass", "The Winter", "The Hidden", "A Distant", "The Iron",
               "Beyond the", "Letters from the", "The Golden", "Under the", "A Broken")
TITLE_TAILS = ("River", "Harbour", "Garden", "Tower", "Orchard", "Bridge", "Island", "Mirror", "Forest",
               "Lantern", "Valley", "Railway", "Storm")
GENRES = ["mystery", "romance", "history", "fantasy", "travel", "biography", "poetry", "comedy", "horror", "science"]
SPOTS = ["cellar", "greenhouse", "warehouse", "attic", "kitchen", "tunnel", "hangar", "laboratory", "silo", "garage", "barn", "vault", "office", "corridor", "freezer"]
SHOWS = ["concert", "lecture", "workshop", "marathon", "exhibition", "festival", "auction", "seminar", "parade", "tournament"]
DISHES = ["soup", "bread", "curry", "stew", "salad", "pancakes", "risotto", "pie", "goulash", "omelette", "chowder", "porridge"]
ANIMALS = ["horse", "goat", "cat", "dog", "rabbit", "parrot", "donkey", "llama", "tortoise", "pony", "ferret", "goose"]

ROOMS = (*(f"Room {n}" for n in range(1, 40)), "the main hall", "the library", "the canteen")


def _amount(rng: random.Random) -> float:
    return rng.randint(3, 940) + rng.choice((0.25, 0.75, 0.49, 0.95, 0.15))


def _time(rng: random.Random) -> str:
    return f"{rng.randint(6, 22):02d}:{rng.choice(('00', '10', '15', '20', '30', '40', '45'))}"


def _code(rng: random.Random) -> str:
    return "".join(rng.choice("ABCDEFGHKLMNPRSTUVXZ") for _ in range(2)) + str(rng.randint(100, 9999))


def _pick(options: Sequence[str]) -> Maker:
    return lambda rng: rng.choice(options)


def _number(low: int, high: int) -> Maker:
    return lambda rng: rng.randint(low, high)


def _title(rng: random.Random) -> str:
    return f"{rng.choice(TITLE_HEADS)} {rng.choice(TITLE_TAILS)}"


# record type: subject of its sentences, subject of later ones, then
# field -> (generator, clauses that may follow the subject)
Field = tuple[Maker, tuple[str, ...]]
RECORDS: dict[str, tuple[tuple[str, ...], str, dict[str, Field]]] = {
    "person": (("The new colleague", "Our neighbour", "The applicant", "The member"), "This person", {
        "name": (names.person, ("is called {}", "is named {}", "goes by the name {}")),
        "city": (names.place, ("lives in {}", "has a flat in {}", "moved to {} last year")),
        "age": (_number(18, 90), ("is {} years old", "is {} years of age", "has just turned {}")),
        "job": (_pick(JOBS), ("works as a {}", "is a {} by trade", "earns a living as a {}")),
        "employer": (names.company, ("is employed by {}", "works for {}", "has a contract with {}")),
    }),
    "order": (("The order", "A new order", "This order"), "It", {
        "customer": (names.person, ("was placed by {}", "is for {}", "comes from {}")),
        "item": (_pick(GOODS), ("is about {}", "asks for {}", "is for our {}")),
        "quantity": (_number(2, 400), ("has a quantity of {}", "counts {} pieces", "covers {} units")),
        "total": (_amount, ("costs ${}", "adds up to ${}", "has a total of ${}")),
        "city": (names.place, ("goes to {}", "will be delivered in {}", "must be sent to {}")),
    }),
    "meeting": (("The meeting", "Our meeting", "The next meeting"), "It", {
        "topic": (_pick(TOPICS), ("is about {}", "deals with {}", "has {} as its topic")),
        "day": (names.weekday, ("is on {}", "takes place on {}", "was moved to {}")),
        "time": (_time, ("starts at {}", "begins at {}", "opens at {}")),
        "room": (_pick(ROOMS), ("is held in {}", "meets in {}", "will be in {}")),
        "host": (names.person, ("is led by {}", "has {} as its host", "is chaired by {}")),
        "guests": (_number(3, 60), ("has {} guests", "is planned for {} people", "seats {} people")),
    }),
    "flight": (("The flight", "This flight", "Our flight"), "It", {
        "flight": (_code, ("has the number {}", "is listed as {}", "is called {}")),
        "origin": (names.place, ("leaves from {}", "departs from {}", "takes off in {}")),
        "destination": (names.place, ("lands in {}", "flies to {}", "arrives in {}")),
        "gate": (_number(1, 80), ("boards at gate {}", "uses gate {}", "waits at gate {}")),
        "time": (_time, ("is due at {}", "is planned for {}", "is set for {}")),
    }),
    "book": (("The book", "This book", "The novel"), "It", {
        "title": (_title, ("is called {}", "has the title {}", "is known as {}")),
        "author": (names.person, ("was written by {}", "is by {}", "is the work of {}")),
        "year": (_number(1900, 2025), ("came out in {}", "was printed in {}", "dates from {}")),
        "pages": (_number(60, 900), ("has {} pages", "runs to {} pages", "fills {} pages")),
        "genre": (_pick(GENRES), ("belongs to {}", "stands on the {} shelf", "is filed under {}")),
    }),
    "sensor": (("The sensor", "This sensor", "The probe"), "It", {
        "id": (_code, ("has the id {}", "is labelled {}", "carries the id {}")),
        "place": (_pick(SPOTS), ("hangs in the {}", "is mounted in the {}", "sits in the {}")),
        "temperature": (_number(-30, 48), ("shows {} degrees", "reads {} degrees", "reports {} degrees")),
        "humidity": (_number(5, 99), ("shows {} percent humidity", "reports a humidity of {} percent")),
        "battery": (_number(1, 100), ("has {} percent battery", "has a battery at {} percent")),
    }),
    "invoice": (("The invoice", "This invoice", "The bill"), "It", {
        "number": (_number(1000, 9999), ("has the number {}", "is filed as number {}", "is number {}")),
        "company": (names.company, ("was sent by {}", "comes from {}", "was issued by {}")),
        "amount": (_amount, ("is over ${}", "asks for ${}", "has an amount of ${}")),
        "due": (names.month, ("is due in {}", "must be paid in {}", "should be settled by {}")),
        "contact": (names.person, ("names {} as contact", "was signed by {}", "has {} as its contact")),
    }),
    "event": (("The event", "The public event", "This year's event"), "It", {
        "kind": (_pick(SHOWS), ("is a kind of {}", "is planned as a {}", "takes the form of a {}")),
        "city": (names.place, ("takes place in {}", "comes to {}", "is held in {}")),
        "month": (names.month, ("is in {}", "opens in {}", "is planned for {}")),
        "price": (_number(2, 180), ("costs ${}", "has tickets at ${}", "has a price of ${}")),
        "seats": (_number(20, 4000), ("has {} seats", "offers {} seats", "has room for {} people")),
    }),
    "recipe": (("The recipe", "This recipe", "Grandmother's recipe"), "It", {
        "dish": (_pick(DISHES), ("is for {}", "makes {}", "tells you how to cook {}")),
        "minutes": (_number(5, 180), ("takes {} minutes", "is done in {} minutes", "needs {} minutes")),
        "servings": (_number(1, 12), ("serves {}", "is enough for {} plates", "makes {} servings")),
        "cook": (names.person, ("comes from {}", "was shared by {}", "was tested by {}")),
    }),
    "animal": (("The animal", "Our new animal", "This animal"), "It", {
        "species": (_pick(ANIMALS), ("is a kind of {}", "was listed as a {}", "is kept as a {}")),
        "owner": (names.person, ("belongs to {}", "is owned by {}", "lives with {}")),
        "weight": (_number(2, 90), ("weighs {} kilos", "has a weight of {} kilos")),
        "age": (_number(1, 30), ("is {} years old", "has an age of {} years")),
        "city": (names.place, ("was born in {}", "is registered in {}", "comes from {}")),
    }),
    "product": (("The device", "Our bestseller", "This product"), "It", {
        "product": (names.product, ("is called {}", "is sold as {}", "has the name {}")),
        "maker": (names.company, ("is made by {}", "comes from {}", "was built by {}")),
        "price": (_amount, ("costs ${}", "sells for ${}", "has a price of ${}")),
        "weight": (_number(20, 5000), ("weighs {} grams", "has a weight of {} grams")),
        "stock": (_number(0, 900), ("has a stock of {}", "is in stock {} times")),
    }),
}
ASKS = (
    "Extract as JSON with the fields {list}.", "Return JSON with these fields: {list}.",
    "Fields: {list}. Answer in JSON.", "Give me {and} as JSON.", "Pull out {and}. Reply with JSON only.",
    "Write a JSON object with the keys {list}.", "Schema: {schema}", "Fill this schema: {schema}",
    "Use the JSON schema {schema} for the text.", "JSON keys: {quoted}. Read the values from the text.",
    "Turn the text into JSON. Keep only {and}.", "Find {list} and answer as compact JSON.",
)
LAYOUTS = ("{ask}\n{text}", "{text}\n{ask}", "{ask}\nText: {text}", "Text: {text}\n\n{ask}")


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _clauses(rng: random.Random, fields: dict[str, Field], values: dict) -> list[str]:
    return [rng.choice(fields[key][1]).format(values[key]) for key in values]


def _prose(rng: random.Random, kind: str, values: dict) -> str:
    """One long sentence, or several short ones."""
    subjects, later, fields = RECORDS[kind]
    clauses = _clauses(rng, fields, values)
    subject = rng.choice(subjects)
    cut = rng.randint(1, len(clauses))
    first = f"{subject} {_and(clauses[:cut])}."
    if cut == len(clauses):
        return first
    if rng.random() < 0.5:
        return f"{first} {later} {_and(clauses[cut:])}."
    return " ".join([first, *(f"{later} {clause}." for clause in clauses[cut:])])


def _notes(rng: random.Random, kind: str, values: dict) -> str:
    """Labels and values, as on a form."""
    pairs = rng.choice((": ", " = ", " - "))
    between = rng.choice(("; ", "\n", " | ", ", "))
    body = between.join(f"{key}{pairs}{value}" for key, value in values.items())
    return rng.choice((body, f"{kind.capitalize()}\n{body}", f"Note on the {kind}: {body}"))


def write_text(rng: random.Random, kind: str, values: dict) -> str:
    """The values as text, in a random order and shape."""
    order = list(values)
    rng.shuffle(order)
    shuffled = {key: values[key] for key in order}
    return (_prose if rng.random() < 0.75 else _notes)(rng, kind, shuffled)


def write_ask(rng: random.Random, values: dict) -> str:
    """The instruction with the fields in the order of `values`."""
    keys = list(values)
    types = ("number" if isinstance(value, (int, float)) else "string" for value in values.values())
    schema = ", ".join(f'"{key}": {name}' for key, name in zip(keys, types, strict=True))
    ask = rng.choice(ASKS).format(list=", ".join(keys), schema="{" + schema + "}",
                                  quoted=", ".join(f'"{key}"' for key in keys), **{"and": _and(keys)})
    return ask + (rng.choice((" Use null for what is missing.", " Put null where the text says nothing."))
                  if rng.random() < 0.4 else "")


def compact(fields: dict) -> str:
    """The answer's JSON."""
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def sample(rng: random.Random) -> Sample:
    """A text, a request for some of its fields, and the JSON."""
    kind = rng.choice(list(RECORDS))
    fields = RECORDS[kind][2]
    values = {key: maker(rng) for key, (maker, _) in fields.items()}
    asked = rng.sample(list(values), rng.randint(2, min(5, len(values))))
    lacking = rng.choice(asked) if rng.random() < NULL_SHARE else None
    spare = [key for key in values if key not in asked and rng.random() < 0.5]
    told = {key: values[key] for key in (*asked, *spare) if key != lacking}
    ask = write_ask(rng, {key: values[key] for key in asked})
    text = write_text(rng, kind, told)
    answer = {key: told.get(key) for key in asked}
    prompt = rng.choice(LAYOUTS).format(ask=ask, text=text)
    return Sample("json", conversation(prompt, compact(answer)), kind, {"fields": answer, "text": text})
