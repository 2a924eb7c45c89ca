"""The pictures of the chapter on the family: each function takes plain figures and returns a matplotlib figure.

show(quality([("phi-4", 14.7, 14.7, 84.8)], "MMLU"), alt="...")
"""

from __future__ import annotations

from datetime import date

from phicookbook.book.pictures import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, canvas

# Memory that devices have for a model, in GB: a phone spares about half of its 8.
DEVICES = {"phone": 4, "laptop": 16, "a GPU": 24, "a large GPU": 80}


def timeline(rows: list[tuple]):
    """Releases and services. A row is (name, release, state, until): `state` is "retired", "generally available" or "",
    `until` the day of retirement or the last day on which the source said that the service stands."""
    from matplotlib.dates import DateFormatter, YearLocator, date2num
    from matplotlib.lines import Line2D

    figure, axes = canvas("Releases, and what became of the serverless service", "", "", (7.0, 0.27 * len(rows) + 1.2))
    styles = {
        "retired": (ORANGE, "service retired"),
        "generally available": (BLUE, "service available"),
        "": ("grey", "not listed"),
    }
    for place, (name, released, state, until) in enumerate(rows):
        colour = styles[state][0]
        if state:
            axes.plot([released, until], [place, place], color=colour, linewidth=5, alpha=0.35)
            axes.plot(until, place, "x" if state == "retired" else ">", color=colour)
        axes.plot(released, place, "o", color=colour)
        axes.annotate(name, (date2num(released), place), (-7, 0), textcoords="offset points", ha="right", va="center", fontsize=8)
    axes.set_yticks([])
    axes.invert_yaxis()
    axes.set_xlim(date(min(row[1] for row in rows).year - 1, 7, 1), None)
    axes.xaxis.set_major_locator(YearLocator())
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))
    axes.spines["left"].set_visible(False)
    marks = [Line2D([], [], color=colour, marker="o", linewidth=4, label=text) for colour, text in styles.values()]
    axes.legend(handles=marks, loc="lower left", fontsize=8)
    return figure


def quality(points: list[tuple], benchmark: str):
    """Score over active parameters on a log scale; a point is (name, active, total, score) in billions and points. A
    mixture of experts gets an arrow from what is active to what must be stored."""
    figure, axes = canvas(
        f"{benchmark} over active parameters", "active parameters (billions, log scale)", f"{benchmark} (points)"
    )
    for name, active, total, score in points:
        axes.plot(active, score, "o", color=BLUE)
        if total > 1.5 * active:
            axes.annotate("", (total, score), (active, score), arrowprops={"arrowstyle": "->", "color": ORANGE})
            axes.plot(total, score, "o", color=ORANGE, fillstyle="none")
            axes.annotate("stored", (total, score), (0, 7), textcoords="offset points", ha="center", fontsize=8, color=ORANGE)
        near = [p[3] - score for p in points if p[0] != name and p[1] * 0.8 < active < p[2] * 1.25 and abs(p[3] - score) < 2.5]
        below = bool(near) and min(near) > 0
        axes.annotate(name, (active, score), (0, -13 if below else 6), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xscale("log")
    ticks = [3, 4, 7, 14, 42]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set(xlim=(2.8, 60), ylim=(min(p[3] for p in points) - 4, max(p[3] for p in points) + 4))
    return figure


def memory(sizes: dict[str, dict[int, float]]):
    """Bars of GB by precision for each model, on a log scale, with lines for what devices have."""
    figure, axes = canvas("Weights by precision", "GB (log scale)", "", (7.0, 0.42 * len(sizes) + 1.3))
    colours = {16: BLUE, 8: SKY, 4: GREEN}
    for place, by_bits in enumerate(sizes.values()):
        for step, (bits, size) in enumerate(by_bits.items()):
            y = place + (step - 1) * 0.27
            axes.barh(y, size, 0.25, color=colours.get(bits, PURPLE), label=f"{bits} bits" if place == 0 else None)
    axes.set(xscale="log", xlim=(1, 130))
    axes.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(sizes)), list(sizes))
    axes.invert_yaxis()
    for name, size in DEVICES.items():
        axes.axvline(size, color=RED, linestyle="--", linewidth=1)
        top = axes.get_xaxis_transform()
        axes.text(size, 1.02, f"{name}, {size} GB", color=RED, fontsize=8, rotation=90, va="bottom", ha="center", transform=top)
    axes.set_title("")
    axes.set_title("Weights by precision", pad=70, loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(0.67, 1), fontsize=8)
    return figure


def heads(members: dict[str, tuple[int, int]]):
    """Boxes: the query heads of a layer above the KV heads that they share; `members[name] = (query, KV)`."""
    figure, axes = canvas("Query heads (blue) and the KV heads they share (orange)", "", "", (7.0, 0.85 * len(members) + 0.5))
    for row, (name, (query, keys)) in enumerate(members.items()):
        y = -row * 1.6
        group = query // keys
        width = 1 / query
        axes.bar([(i + 0.5) * width for i in range(query)], 0.45, width * 0.8, bottom=y + 0.5, color=BLUE)
        axes.bar([(i + 0.5) * group * width for i in range(keys)], 0.35, group * width - 0.2 * width, bottom=y, color=ORANGE)
        axes.text(-0.01, y + 0.48, f"{name}\n{query} query, {keys} KV", ha="right", va="center", fontsize=8)
    axes.set(xlim=(-0.3, 1.01))
    axes.axis("off")
    return figure


def masks(named: dict):
    """Small matrices side by side: black is seen; a row is the token that looks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 2.2), layout="constrained")
    for axes, (name, mask) in zip(figure.subplots(1, len(named)), named.items(), strict=True):
        axes.imshow(mask, cmap="Blues", vmin=0, vmax=1.3, interpolation="nearest")
        axes.set_title(name, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.supylabel("who looks", fontsize=8)
    figure.supxlabel("who is looked at", fontsize=8)
    return figure


def growth(lines: dict[str, tuple[list[int], list[float]]], limit: float):
    """GB of weights and cache over the tokens of the prompt for some models, with the memory as a line."""
    figure, axes = canvas("Weights of 4 bits and the KV cache", "tokens in the context", "GB")
    styles = zip((BLUE, ORANGE, GREEN, PURPLE), ("-", "--", "-.", ":"), lines.items(), strict=False)
    for colour, style, (name, (tokens, sizes)) in styles:
        axes.plot(tokens, sizes, style, color=colour, label=name)
    axes.axhline(limit, color=RED, linewidth=1)
    axes.text(0, limit, f" {limit:g} GB", color=RED, va="bottom", fontsize=8)
    axes.set(ylim=(0, 3 * limit), xlim=(0, None))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend(fontsize=8)
    return figure


def turns(seen: list[float], plain: list[float], rescaled: list[float], slow: int, contexts: tuple[int, int]):
    """Full turns of each RoPE pair at the end of a context: the original one, the long one without and with LongRoPE."""
    figure, axes = canvas(
        "How far each pair has turned at the end of the context", "pair, fast to slow", "full turns (log scale)"
    )
    pairs = range(len(seen))
    axes.axvspan(slow - 0.5, len(seen) - 0.5, color="grey", alpha=0.12)
    axes.plot(pairs, plain, "--", color=ORANGE, label=f"{contexts[1]:,} tokens, plain RoPE")
    axes.plot(pairs, rescaled, "-", color=GREEN, label=f"{contexts[1]:,} tokens, LongRoPE")
    axes.plot(pairs, seen, ":", color=BLUE, linewidth=2, label=f"{contexts[0]:,} tokens, seen in training")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set(yscale="log", xlim=(-0.5, len(seen) - 0.5))
    axes.text(slow, axes.get_ylim()[1] / 2, " never a full turn\n in the original context", fontsize=8, va="top")
    axes.legend(loc="lower left", fontsize=8)
    return figure


def runs(kinds: dict[str, list[float]], title: str, y: str):
    """A dot for each run of each kind, and a line at the kind's mean."""
    figure, axes = canvas(title, "", y, (7.0, 3.0))
    for place, (values, colour) in enumerate(zip(kinds.values(), (BLUE, ORANGE, SKY, GREEN))):
        axes.plot([place] * len(values), values, "o", color=colour, alpha=0.7)
        mean = sum(values) / len(values)
        axes.plot([place - 0.25, place + 0.25], [mean, mean], color=colour, linewidth=2)
    axes.set_xticks(range(len(kinds)), kinds)
    return figure
