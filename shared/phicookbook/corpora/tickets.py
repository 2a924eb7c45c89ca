"""Customer tickets that go to one of six teams, and incident reports in one sentence.

    tickets.sample(random.Random(1)).answer  # "billing"

Route: the answer is the team's name. Summary: "{Who} {did what} in {place} on {day}.",
from the one sentence or pair of sentences that tells the event; side remarks are left out.
"""

from __future__ import annotations

import random
import re

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

CHOICE = re.compile(r"\[([^\[\]]*)\]")

# one phrase between two "/" signs; brackets hold alternatives
COMPLAINTS = {
    "billing": """
I was [charged|billed] [twice|two times] for {product} / My invoice [shows|lists] the wrong [amount|total|sum]
My [credit|bank] card was charged without [an order|a receipt] / You took ${n} [more|extra] from my card
The [invoice|bill] for {month} is [missing|wrong|far too high] / I [need|want|never got] [a receipt|an invoice]
The discount is not on my [bill|invoice] / Why is there a [late|service|hidden] fee on my [bill|invoice]?
My payment of ${n} [failed|was declined|did not go through] / The tax on my invoice is [wrong|missing]
I still pay for [a plan|a subscription] that I [cancelled|ended] / The price on the bill [rose|went up] to ${n}
My [bill|invoice] has the wrong [company|tax number|currency] / I was charged ${n} [by mistake|for nothing]
The monthly [charge|fee|payment] was [taken|booked] twice / Can I pay [by card|by invoice|in two parts]?
I want to [change|update] my [payment method|billing date|bank details] / The voucher was not [applied|counted]
You [sent|wrote] me a payment reminder though I [paid|settled] the bill / Please explain the charge of ${n}
My yearly [plan|subscription] costs [more|too much] / I was billed for [ten|three|two] users instead of one
The direct debit [failed|bounced|came too early] / My bank [rejected|declined] your [charge|debit]
The [invoice|bill] lists {product}, which I never [ordered|bought] / Your price of ${n} was not what I paid
I paid ${n} but the bill is still [open|unpaid] / The amount due [is wrong|keeps changing|makes no sense]
Where do I find my [invoices|bills|receipts]? / The [shop|site] charged me in the wrong currency
My free trial was [charged|billed] after [two|three] days / The [sum|total] of my bill does not add up
Please send the bill for {month} [again|by post|as a file] / I got [two|three] bills for [one|the same] month
You [charge|bill] me a fee that nobody [named|explained] / The instalment of ${n} was booked [early|late|twice]
My [refund|credit note] of a wrong charge is not on the [bill|invoice] / Do you [take|accept] payment by bank transfer?
I need an invoice with our [tax number|company name] / My card [expired|changed], how do I pay the bill?
Why did I get a [second|third] payment reminder? / The fee for {month} was [booked|charged] too [early|late]""",
    "shipping": """
My [parcel|package|delivery] is [late|delayed|lost] / The [courier|driver] left {product} [outside|next door]
Where is my [parcel|package|delivery]? / The tracking [number|page|link] shows [nothing|no movement]
{product} should have [arrived|come] in {month} / The [parcel|package] went to [{place}|the wrong town]
The [courier|driver] never [rang|came|showed up] / My parcel is [stuck|held] in [customs|{place}]
Can you [deliver|ship] {product} to {place}? / I have waited {n} days for [my parcel|the delivery]
The [delivery|shipping] date was [moved|changed] again / Only half of my [delivery|parcel] has [come|arrived]
I want to change the [delivery|shipping] address / The parcel was [dropped|left] in the rain
Tracking says delivered but [nothing|no parcel] [came|is here] / How long does [shipping|delivery] to {place} take?
My package was [sent|delivered] to a neighbour / The box [came|arrived] [open|crushed|wet] from the courier
The [van|driver] could not find my [street|door] / Please [ship|deliver] {product} on {day}
The parcel is still in [the depot|{place}] / The delivery on {day} [failed|did not happen]
Can I [collect|pick up] the parcel at the depot? / {product} has not been [shipped|sent out|dispatched] yet
The tracking has not [moved|changed] for {n} days / Express delivery took {n} days
The courier [lost|misplaced] my [box|parcel] / My [parcel|package] came to the wrong [house|floor|street]
The delivery [window|slot] was [missed|ignored] / I was at home but the courier [left|drove off]
Does the [parcel|package] need a signature? / The pickup point in {place} was [shut|full|closed]
When will {product} be [delivered|dispatched|shipped]? / My parcel [travelled|went] [twice|back] to {place}
You [shipped|sent] my parcel by slow post / The [pallet|crate|parcel] [arrives|comes] {n} days late
The [parcel|crate] was [left|put] in front of the wrong door / Has my [parcel|package] left {place} yet?
The [driver|courier] threw my parcel over the fence / I need {product} [delivered|shipped] to my office
The tracking [number|code] is not [valid|known] / My [box|parcel] has been on the road for {n} days""",
    "technical": """
{product} [crashes|freezes|stops] when I [start|open] it / The app shows error {n}
The [screen|display] of {product} [flickers|stays black] / {product} does not [connect|switch on|start]
The [app|program] is very slow [today|since the update] / The update of {product} [fails|hangs|never ends]
The battery of {product} [dies|is empty] after an hour / The [sound|microphone|camera] does not work
I get a [blank|white|frozen] page in the app / {product} will not [print|scan|charge|sync]
The [search|export|upload] button does [nothing|not work] / The [website|app] gives error {n} all day
{product} loses the [wireless|network] connection / How do I [install|update|reset] {product}?
The [files|photos] do not [load|sync|open] / My [printer|tablet|phone] cannot find {product}
The [driver software|plug-in] is not [found|loaded] / {product} makes a [loud|strange] noise and stops
The app [closes|quits] after [a few|two] seconds / The [map|video|chart] does not [load|play|appear]
{product} [overheats|gets hot] after ten minutes / Bluetooth on {product} [fails|drops|is broken]
The [keyboard|touch screen] of {product} does not react / The import [stops|fails] at {n} rows
The [software|program] does not run on my [laptop|computer] / {product} shows a [red|yellow] warning light
Since the update the [menu|clock|sound] is gone / The [database|server] [times out|does not answer]
The [app|page] hangs while [loading|saving] / {product} [restarts|reboots] again and again
I cannot [save|open|export] a [file|report] in the app / The [sensor|fan|motor] of {product} does not work
The video [stutters|freezes] on {product} / The [link|button|form] on your page is broken
{product} has a bug in the [calendar|export|menu] / The installer [stops|hangs] at {n} percent
The [fan|motor] of {product} [rattles|stops] / {product} [beeps|blinks] and then [hangs|stops]
Error {n} [appears|comes up] when I [save|print] / The [font|text] in the app is [cut off|unreadable]
The [remote control|charger] of {product} is [dead|broken] / {product} forgets its [settings|clock] at night""",
    "account": """
I [forgot|lost] my password / I cannot [log in|sign in] to my [account|profile]
Please [delete|close] my account / How do I change my [username|user name|display name]?
I want to change the e-mail address of my [account|profile] / The password reset mail [never came|is missing]
My account is [locked|blocked|disabled] / Can I [merge|join] my two accounts?
The [sign-in|login] page says my user name is unknown / Please [add|invite] a colleague to my account
My profile [photo|name|page] is [wrong|out of date] / I want to [open|create] a second account
The [activation|confirmation] link for my account [expired|is too old] / How do I [reset|change] my password?
I have a new phone number for my [profile|account] / My [login|sign-in] [fails|does not work] since {day}
I want to [leave|end] the newsletter in my profile / Please [rename|reopen|restore] my account
I cannot [find|see] my [profile|account] settings / Where do I [set|change] the language of my profile?
I moved to {place} and must update my profile / My user name has a [typo|spelling error]
Please transfer my account to [my wife|my son|a colleague] / I registered with the wrong e-mail address
My [membership|loyalty] points are not in my [account|profile] / The code for my login never [comes|arrives]
I was [logged out|signed out] and cannot get back in / My [account|profile] was [closed|removed] on {day}
Can you [raise|change] the rights of a user in our account? / The site does not accept my [old|new] password
I want a [business|family|student] account / Is there a way to share [one|my] account with a friend?
My name changed, please [edit|correct|update] my profile / I cannot [register|sign up] with my e-mail address
My [login|user name] is [taken|not known] / The account of our team has no [owner|admin] now
I want to download [all|the] data of my account / My birthday in the profile is [wrong|missing]
I [typed|entered] the wrong password and am locked out / I want a new [user name|password]
My [profile|account] shows the wrong [town|birthday] / How do I [leave|join] the team account?""",
    "returns": """
I want to [return|send back] {product} / {product} is [too small|too big], can I exchange it?
How do I [get|print] a return label? / Please [exchange|swap] {product} for another [size|colour]
I [sent back|returned] {product} in {month} but got no refund / The return [period|window] has [ended|passed]
I do not like {product} and want my money back / Can I return {product} without [the box|a receipt]?
I got the wrong [colour|size|model] and want to swap it / Where do I [send|bring] a return?
My refund for the returned {product} is [missing|late] / I would like to [give back|return] a gift
The return label does not [print|open|scan] / Is the return [free|at my cost]?
I changed my mind about {product}, please take it back / I returned [two|three] items but you [noted|booked] one
Please [pick up|collect] {product}, I am returning it / I want a refund, {product} has a [scratch|crack|hole]
Can I exchange {product} for a [newer|bigger|smaller] one? / My return was [refused|rejected], why?
I want to [return|send back] half of my order / {product} is not as described, I want to return it
How [many days|long] do I have to return {product}? / I need a new label for my return
The exchange for {product} has not [come|started] / I [lost|tore] the return [form|label|slip]
Can I bring a return to your shop in {place}? / You sent [back|me] a refund that is too small for my return
I would like to swap {product} for [cash|a voucher|a blue one] / The return has been in your store since {day}
Do you take back [opened|used|unwrapped] goods? / {product} does not [fit|suit] me, please refund it
I want my money back for {product} / When do I get the refund for my return?
The returned {product} was [never|not] booked / Please cancel my return, I will keep {product}
I need to send {product} back before {day} / May I exchange [a gift|{product}] after {n} days?
I want to return a [gift|present] that I got in {month} / My return [form|slip] is [missing|wrong]
I sent {product} back, where is my refund? / Who pays when I [return|send back] {product}?""",
    "security": """
I got a [phishing|fake|strange] mail in your name / Someone [hacked|broke into|took over] my account
There was a login from {place} that was not me / I [clicked|opened] a phishing link
Somebody [stole|knows] my password / My data [was leaked|is for sale] on the internet
A [caller|stranger] asked for my [password|code] in your name / I found a [hole|weakness] in your site's safety
My virus scanner [warns|complains] about your download / An unknown device is [using|in] my account
I see logins at night that I did not [make|start] / A fake shop [copies|uses] your name to steal data
I [suspect|fear] fraud with my account / {product} was infected with [malware|a virus]
Ransomware [locked|encrypted] our files / A hacker [wrote|sent] me a threat
Someone [ordered|bought] {product} with my stolen [login|identity] / I think [my phone|my laptop] was hacked
A fake message asks me to [confirm|type] my password / I can see the private data of [other|foreign] customers
Please report this scam [mail|call|message] / Our [keys|tokens|secrets] were [leaked|posted] online
A former [employee|colleague] still has our secret keys / Your page has an [expired|invalid] safety certificate
Somebody is [trying|guessing] passwords on our account / I want to report a [vulnerability|data leak]
My [identity|login] was stolen in {place} / I got a code that I did not ask for, is it a hacker?
A [spy|malware] program came with {product} / Is this [mail|message] from you or is it a scam?
Strangers can [watch|open] the camera of {product} / Attackers [flood|probe] our server since {day}
I lost my [security key|code card] and fear misuse / A [stick|laptop] with private data was stolen
The [link|file] in your mail looks like [a trap|malware|fraud] / Our [wiki|server] was hacked on {day}
I was tricked into giving my [code|password] to a stranger / A scammer [pretends|claims] to be your staff
[Malware|A virus] came with the download / I [gave|told] a scammer my [code|password]
A [phishing|fraud] page [looks like|copies] yours / Hackers [demand|want] ${n} from us""",
}
TEAMS = tuple(COMPLAINTS)
GREETINGS = ("Hello.", "Hi there.", "Good morning.", "Dear team.", "Hi.", "Good day.", "Hello again.")
CLOSINGS = (
    "Please help.", "Thank you.", "I have been a customer for {n} months.", "Can somebody look into this?",
    "I wrote on {day} and heard nothing.", "This is urgent.", "I am not happy.", "Kind regards, {person}.",
    "My reference is {n}.", "What can you do?", "Please answer by {day}.", "Greetings from {place}.",
    "It is the second time.", "I hope you can help me.", "My friend in {place} had the same problem.",
)
ROUTE_ASKS = (
    "Which team should handle this ticket? Teams: {teams}.", "Route the ticket to one of: {teams}.",
    "Choose the team for this message. Options: {teams}.", "Teams: {teams}. Who should get this ticket?",
    "Sort this ticket into one of these teams: {teams}.", "Pick one team from {teams}.",
    "Name the right team ({teams}) for the customer's message.", "Forward this to {teams}? Give one team.",
    "Label the ticket with one of {teams}.", "One word: which of {teams} fits?",
)
LAYOUTS = ("{ask}\n{text}", "{text}\n{ask}", "{ask}\n\nTicket: {text}", "Ticket: {text}\n{ask}")

# verbs whose past form is also the participle: fitting objects
ACTIONS = {
    "repaired inspected tested replaced cleaned restarted installed checked moved": (
        "pump|printer|boiler|lift|server|router|freezer|generator|water pipe|alarm|projector|conveyor belt|"
        "ticket machine|heating|gate"
    ),
    "signed approved finished presented rejected reviewed updated published corrected": (
        "report|contract|budget|timetable|safety plan|price list|floor plan|staff handbook|project plan|lease|"
        "press release|annual review"
    ),
    "opened closed visited painted renovated reopened evacuated measured": (
        "new warehouse|school kitchen|museum|library|sports hall|bakery|town hall|car park|garden centre|"
        "workshop|cinema|station|swimming pool"
    ),
    "reported noticed stopped handled documented": (
        "gas leak|power cut|small fire|flooded cellar|broken window|network outage|false alarm|oil spill|"
        "blocked road|stolen van|water leak"
    ),
    "trained welcomed hired interviewed praised": (
        "new driver|night nurse|trainee|young engineer|guest lecturer|shop assistant|football coach|"
        "new librarian|summer intern"
    ),
}
EVENTS = (
    "On {day}, {who} {verb} {obj} in {place}.", "{who} {verb} {obj} in {place} on {day}.",
    "In {place}, {obj} was {verb} by {who} on {day}.", "{obj} in {place} was {verb} on {day} by {who}.",
    "On {day}, {obj} in {place} was {verb} by {who}.", "{day}, {place}: {who} {verb} {obj}.",
    "It was {day} in {place}. {who} {verb} {obj} there.", "{who} went to {place} on {day}. There, {who} {verb} {obj}.",
    "{who} was in {place} and {verb} {obj} on {day}.", "{place} had a busy {day}: {obj} was {verb} by {who}.",
)
ASIDES = (
    "The weather was [mild|cold|wet|fine].", "Lunch was [late|soup|good] as usual.", "The canteen was [full|shut].",
    "The [bus|train] was {n} minutes late.", "{person} was on holiday.", "{person} was ill.",
    "The coffee machine was empty.", "It rained [all day|in the morning|a little].", "Parking was [hard|easy] to find.",
    "The [radio|phone] was quiet.", "{n} visitors were counted.", "The next shift starts on {day}.",
    "Traffic near {place} was [slow|heavy].", "{person} brought cake.", "The mood was [good|calm].",
    "The lights were on until late.", "Somebody left an umbrella.", "The post came on time.",
)
SUMMARY_ASKS = (
    "Summarise the report in one sentence.", "What is the main event? One sentence.", "Sum this up in one sentence.",
    "Give the main event: who did what, where and when.", "Write a one-sentence summary.", "Shorten this report.",
    "Leave out the side remarks and give one sentence.", "Who did what, where and on which day?",
    "Make a one-line summary for the manager.", "State the main event in a single sentence.",
)


def phrases(team: str) -> list[str]:
    """A team's complaint patterns."""
    return [part.strip() for part in re.split(r" / |\n", COMPLAINTS[team]) if part.strip()]


def fill(rng: random.Random, pattern: str) -> str:
    """The pattern with alternatives chosen and slots filled."""
    text = pattern
    while CHOICE.search(text):
        text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    makers = {"product": names.product, "place": names.place, "day": names.weekday, "month": names.month,
              "person": names.person, "n": lambda source: str(source.randint(3, 90))}
    return re.sub(r"\{(\w+)\}", lambda match: makers[match[1]](rng), text)


def ticket(rng: random.Random, team: str, extras: bool = True) -> str:
    """A customer's message of one to three sentences for the team."""
    text = fill(rng, rng.choice(phrases(team)))
    parts = [text if text.endswith("?") else text + "."]
    if extras and rng.random() < 0.35:
        parts.insert(0, rng.choice(GREETINGS))
    if extras and rng.random() < 0.55:
        parts.append(fill(rng, rng.choice(CLOSINGS)))
    return " ".join(parts)


def route(rng: random.Random) -> Sample:
    """A ticket and the team that should get it."""
    team = rng.choice(TEAMS)
    order = rng.sample(TEAMS, len(TEAMS))
    ask, text = rng.choice(ROUTE_ASKS).format(teams=", ".join(order)), ticket(rng, team)
    prompt = rng.choice(LAYOUTS).format(ask=ask, text=text)
    return Sample("tickets", conversation(prompt, team), "route", {"label": team, "text": text})


def report(rng: random.Random) -> tuple[str, str]:
    """A report of two to four sentences, and its summary."""
    verbs, objects = rng.choice(list(ACTIONS.items()))
    facts = {"who": names.person(rng), "verb": rng.choice(verbs.split()), "obj": "the " + rng.choice(objects.split("|")),
             "place": names.place(rng), "day": names.weekday(rng)}
    event = rng.choice(EVENTS).format(**facts)
    parts = [event[0].upper() + event[1:]]
    room = 3 - event.count(". ")
    for aside in rng.sample(ASIDES, rng.randint(1, room)):
        parts.insert(rng.randint(0, len(parts)), fill(rng, aside))
    return " ".join(parts), "{who} {verb} {obj} in {place} on {day}.".format(**facts)


def summary(rng: random.Random) -> Sample:
    """A report and its one-sentence summary."""
    text, answer = report(rng)
    prompt = rng.choice(LAYOUTS[:2] + ("{ask}\n\nReport: {text}",)).format(ask=rng.choice(SUMMARY_ASKS), text=text)
    return Sample("tickets", conversation(prompt, answer), "summary", {"text": text})


def sample(rng: random.Random) -> Sample:
    """A ticket to route, or a report to sum up."""
    return (route if rng.random() < 0.6 else summary)(rng)
