"""Names and numbers for the grammars: people, companies, places, products, amounts.

Most names are put together from syllables, so that a name never seen before is no surprise.

    names.company(random.Random(0))
"""

from __future__ import annotations

import random

SIMPLE_ONSETS = "b c d f g h j k l m n p r s t v w z".split()
ONSETS = SIMPLE_ONSETS * 3 + """bl br ch cl cr dr fl fr gl gr kl kr pl pr qu sc sh sk sl sm sn sp st str sw th tr
wh y""".split()
VOWELS = list("aeiou") * 4 + "ai ea ee ie oa oo ou ei".split()
CODAS = [""] * 24 + "b ck d ft g k l l m n n nd nt p r r rd rk rn rt s s sk st t th x nk ng".split()
WELL_KNOWN = """Contoso|Fabrikam|Northwind|Adventure Works|Tailspin|Litware|Wingtip|Woodgrove|Proseware|Trey
Research|Fourth Coffee|Alpine Ski House|Lucerne|Margie's Travel|Relecloud|Humongous Insurance|VanArsdel|Best
For You|Munson's|City Power|Southridge|Wide World|Graphic Design Institute|Coho|Datum|Blue Yonder|Lamna|Nod
Publishers|Bellows|Liberty|Fincher|Consolidated Messenger""".replace("\n", " ").split("|")
SECTORS = """hospital bank airline retail school energy insurance logistics telecoms shipping rail grocery
pharmacy hotel media gaming software chip mining steel timber dairy brewery fashion furniture solar wind nuclear
water housing construction farming fishing travel leisure car lorry aerospace defence postal payments pension
university council police court charity museum sports payroll fintech crypto biotech chemical plastics paper
packaging catering restaurant cinema publishing advertising""".split()
SUFFIXES = """Group Holdings Labs Systems Bank Airways Energy Foods Health Media Motors Partners Networks Retail
Robotics Shipping Software Studios Telecom Water Works Insurance Rail Pharma Logistics Steel Foundation University
Hospital Council Trust Security Analytics Mobile Clinic Stores Bakery Brewery Dairy Farms Textiles Timber Toys
Travel Ventures Wines Homes Hotels Cloud Cyber Data Capital Credit Union Express Post College Airport Port
Laboratories Instruments Electric Gas Solar Chemicals Paper Print Press Radio Games Sports Fitness""".split()
PREFIXES = """North South East West Blue Green Red Silver Golden Grand First United Global Pacific Atlantic Nordic
Alpine Royal Bright Clear Open Swift Prime True Noble Iron Stone River Lake Summit Harbour Valley Cedar Oak Maple
Pine Coral Amber Crystal Solar Lunar Star Nova Apex Delta Omega Metro Urban Rural Coastal Central""".split()
FIRST = """Ada Aisha Alan Alice Amara Amir Ana Anders Andre Anita Anton Anya Arjun Astrid Ben Bianca Boris Carla
Carlos Cara Cecil Chen Chloe Clara Colin Daisy Dana Daniel Dara David Deniz Diego Dina Elena Eli Elif Ella Emil
Emma Erik Esther Eva Farah Felix Fiona Frank Freya Gabriel Gina Grace Greta Hana Hannah Hassan Helen Henry Hugo Ida
Igor Ines Ingrid Irene Isla Ivan Jack Jamal James Jana Jasmin Joel John Jonas Jorge Julia Karim Kate Keiko Kenji
Khalid Kira Lara Lars Laura Leila Leo Liam Lila Lin Linda Lisa Luca Lucia Luis Maja Malik Marco Maria Marta Max Maya
Mei Mia Mila Milan Mina Mira Mona Nadia Naomi Nia Nico Nina Noah Nora Olga Oliver Omar Oscar Otto Pablo Paula Pedro
Petra Priya Quinn Rafael Rana Ravi Rita Robin Rosa Ruth Sam Samir Sara Sasha Sean Sofia Sonia Stefan Tara Theo Tim
Tina Tom Tomas Uma Vera Victor Wanda Wei Yara Yuki Yusuf Zara Zoe""".split()
SURNAMES = """Adams Ahmed Ali Alvarez Andersen Baker Banerjee Barros Becker Bell Berg Bianchi Blake Bose Brandt
Brooks Brown Carter Castillo Chan Chen Clark Cohen Cole Costa Cruz Dahl Das Davis Diaz Dubois Duncan Ellis Evans
Farouk Fischer Flores Foster Fox Garcia Gomez Gray Green Gupta Haas Hall Hansen Harris Hassan Hayes Hill Holm Hughes
Ibrahim Ito Jansen Jensen Jones Kaya Keller Kelly Khan Kim King Klein Kovac Kumar Lang Larsen Lee Lewis Lind Lopez
Marino Martin Mehta Meyer Moore Morales Moreau Mori Mwangi Nakamura Nash Novak Nunes Okafor Olsen Ortiz Owen Park
Patel Pereira Perez Petrov Popov Price Quist Ramos Reed Reyes Rossi Roy Ruiz Russo Santos Sato Schmidt Scott Shah
Silva Singh Smith Sousa Stone Suzuki Tan Taylor Torres Turner Vega Vogel Wagner Walker Wang Ward Weber West White
Wolf Wong Wood Wright Yamada Yang Yilmaz Young Zhang Zuma""".split()
PLACES = """Skagway|Belize City|Juneau|Oslo|Bergen|Lima|Cusco|Quito|Bogota|Havana|Lisbon|Porto|Madrid|Seville|
Valencia|Paris|Lyon|Nice|Geneva|Zurich|Vienna|Graz|Prague|Brno|Warsaw|Krakow|Riga|Vilnius|Tallinn|Helsinki|Turku|
Stockholm|Malmo|Copenhagen|Aarhus|Berlin|Hamburg|Munich|Leipzig|Rome|Milan|Naples|Turin|Athens|Sofia|Bucharest|
Budapest|Zagreb|Split|Dublin|Cork|Belfast|Glasgow|Leeds|York|Bristol|Cardiff|Dover|Boston|Denver|Dallas|Austin|
Seattle|Portland|Chicago|Detroit|Toronto|Ottawa|Halifax|Calgary|Victoria|Mexico City|Nairobi|Lagos|Accra|Dakar|
Cairo|Tunis|Rabat|Kampala|Durban|Mumbai|Delhi|Pune|Chennai|Dhaka|Colombo|Bangkok|Hanoi|Manila|Jakarta|Taipei|Seoul|
Busan|Tokyo|Osaka|Kyoto|Sydney|Perth|Hobart|Auckland|Wellington|Norway|Peru|Kenya|Ghana|Chile|Spain|Ireland|Canada|
Finland|Poland|Japan|India|Brazil|Iceland|Malta|Texas|Ohio|Utah|Maine|Alaska|Scotland|Wales""".replace("\n", "").split("|")
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ROLES = """finance chief|chief executive|chairman|chairwoman|chair|head of sales|spokesman|spokeswoman|founder|
security chief|legal chief|marketing chief|operations chief|president|treasurer|director|technology chief|
head of research|deputy head|board member""".replace("\n", "").split("|")
UNITS = ["million", "million", "million", "billion"]


def syllable(rng: random.Random) -> str:
    """One pronounceable syllable, lower case."""
    return rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS)


def word(rng: random.Random, syllables: int = 0) -> str:
    """An invented lower-case word of one to three syllables, such as "blorvik"."""
    count = syllables or rng.choice((1, 2, 2, 2, 3))
    return "".join(syllable(rng) for _ in range(count))


def first_name(rng: random.Random) -> str:
    """A given name; one in eight is invented."""
    return word(rng, 2).capitalize() if rng.random() < 0.12 else rng.choice(FIRST)


def surname(rng: random.Random) -> str:
    """A family name; one in four is invented."""
    return word(rng, 2).capitalize() if rng.random() < 0.25 else rng.choice(SURNAMES)


def person(rng: random.Random) -> str:
    """A given and a family name, such as "Mara Ellison"."""
    return f"{first_name(rng)} {surname(rng)}"


def company(rng: random.Random) -> str:
    """An organisation's name: well-known fictional, invented, compound, or a family's."""
    draw = rng.random()
    if draw < 0.18:
        return rng.choice(WELL_KNOWN)
    if draw < 0.42:
        return word(rng, 2).capitalize()
    if draw < 0.58:
        return f"{word(rng, 2).capitalize()} {rng.choice(SUFFIXES)}"
    if draw < 0.74:
        return f"{rng.choice(PREFIXES)} {rng.choice(SUFFIXES)}"
    if draw < 0.82:
        return rng.choice(PREFIXES) + word(rng, 1)
    if draw < 0.90:
        return f"{surname(rng)} {rng.choice(('&', 'and'))} {rng.choice(('Sons', 'Co', surname(rng)))}"
    return f"{rng.choice(PLACES)} {rng.choice(SUFFIXES)}"


def place(rng: random.Random) -> str:
    """A town or country; one in six is invented."""
    return word(rng, 2).capitalize() if rng.random() < 0.16 else rng.choice(PLACES)


def product(rng: random.Random) -> str:
    """A product's name, such as "Velora 4"."""
    name = word(rng, rng.choice((2, 3))).capitalize()
    return f"{name} {rng.randint(2, 12)}" if rng.random() < 0.4 else name


def sector(rng: random.Random) -> str:
    """A branch of the economy used as an adjective, such as "hospital"."""
    return rng.choice(SECTORS)


def role(rng: random.Random) -> str:
    """A job title, such as "finance chief"."""
    return rng.choice(ROLES)


def month(rng: random.Random) -> str:
    """The name of a month."""
    return rng.choice(MONTHS)


def weekday(rng: random.Random) -> str:
    """The name of a day of the week."""
    return rng.choice(WEEKDAYS)


def money(rng: random.Random) -> str:
    """An amount of money, such as "$3.2 million"."""
    if rng.random() < 0.2:
        return f"${rng.randint(1, 99) * 10}"
    whole = rng.randint(1, 90)
    tenth = f".{rng.randint(1, 9)}" if rng.random() < 0.4 else ""
    return f"{rng.choice(('$', '$', '€', '£'))}{whole}{tenth} {rng.choice(UNITS)}"


def percent(rng: random.Random) -> str:
    """A percentage, such as "12%"."""
    return f"{rng.randint(2, 95)}%"


def big_number(rng: random.Random) -> str:
    """A large count, such as "40,000" or "2.3 million"."""
    if rng.random() < 0.5:
        return f"{rng.randint(1, 90)},000"
    return f"{rng.randint(1, 9)}.{rng.randint(1, 9)} million"


def code(rng: random.Random) -> str:
    """A code of two to five digits."""
    return str(rng.randint(10, 99999))
