"""Pictures for chapters: one palette that colour-blind readers can tell apart, and alt text for every figure.

figure, axes = canvas("Loss", "step", "loss (nats)")
show(figure, alt="The loss falls from 2 to 0.1 over 90 steps.")
"""

from __future__ import annotations

import io
import time

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), made to be told apart with any colour vision.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"

SECONDS_APART = 0.5  # between two drawings of a curve that grows, each of which takes a tenth of a second


def canvas(title: str, x: str, y: str, size: tuple[float, float] = (7.0, 3.6)):
    """(figure, axes) with a title and labelled axes; `size` in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return figure, axes


def png(figure) -> bytes:
    """The figure as PNG bytes of at most 64 colours, which keeps notebooks small; without a date, so that equal figures are
    equal files."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def show(figure, alt: str, display_id: str | None = None, update: bool = False) -> None:
    """Put a figure into the notebook with its alt text, or replace the one shown under `display_id`."""
    from IPython.display import display

    data = {"image/png": png(figure), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True, display_id=display_id, update=update)


class LiveCurve:
    """Curves that grow while a model trains: the loss on training rows, and on validation rows where there are any.

    Pass `on_log` to `finetune`, or `on_log` and `on_validation` to `watch`. Points that come in quick succession are drawn
    together, those of the last step always.
    """

    def __init__(self, title: str = "Fine-tuning loss"):
        self.title = title
        self.points: list[tuple[int, float]] = []
        self.validation: list[tuple[int, float]] = []
        self._drawn = float("-inf")  # when, in seconds of the monotonic clock

    def on_log(self, step: int, steps: int, loss: float) -> None:
        """Add a point of the training loss and redraw."""
        self._add(self.points, step, steps, loss)

    def on_validation(self, step: int, steps: int, loss: float) -> None:
        """Add a point of the loss on the validation rows and redraw."""
        self._add(self.validation, step, steps, loss)

    def _add(self, line: list, step: int, steps: int, loss: float) -> None:
        first = not self.points and not self.validation
        line.append((step, loss))
        if step < steps and time.monotonic() < self._drawn + SECONDS_APART:
            return
        figure, alt = self.picture(steps)
        show(figure, alt, display_id=f"curve-{id(self)}", update=not first)
        self._drawn = time.monotonic()

    def picture(self, steps: int):
        """(figure, alt text) of what was heard so far of a run of that many steps; the validation loss is a second line."""
        figure, axes = canvas(self.title, "optimizer step", "loss per answer token (nats)")
        told = []
        for points, label, style, colour in (
            (self.points, "training rows", "o-", BLUE),
            (self.validation, "validation rows", "s--", ORANGE),
        ):
            if points:
                axes.plot(*zip(*points, strict=True), style, color=colour, markersize=4, label=label)
                (first, high), (last, low) = points[0], points[-1]
                told.append(f"{label} {high:.2f} at step {first}, {low:.2f} at step {last}")
        axes.set(xlim=(0, steps * 1.02), ylim=(0, None))  # a little room, so that a point at the last step is whole
        axes.legend()
        return figure, f"{self.title}: {'; '.join(told)} of {steps}."


def confusion(counts: dict[tuple[str, str], int], labels: list[str], title: str):
    """Figure of a confusion matrix; `counts[(true, answered)]`, and answers without a label go under "none"."""
    columns = [*labels, "none"]
    figure, axes = canvas(title, "answered", "right label", (5.0, 3.6))
    grid = [[counts.get((true, answered), 0) for answered in columns] for true in labels]
    axes.imshow(grid, cmap="Blues", aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(labels)), labels)
    axes.grid(False)
    top = max(max(row) for row in grid) or 1
    for y, row in enumerate(grid):
        for x, value in enumerate(row):
            axes.text(x, y, value, ha="center", va="center", color="white" if value > top / 2 else "black")
    return figure


def rates(names: list[str], series: dict[str, list], title: str, y: str = "share right"):
    """Figure of grouped bars with 95% intervals; each series holds one Rate for each name."""
    figure, axes = canvas(title, "", y)
    colours = [BLUE, ORANGE, GREEN, PURPLE]
    width = 0.8 / len(series)
    for place, (label, values) in enumerate(series.items()):
        xs = [i + (place - (len(series) - 1) / 2) * width for i in range(len(names))]
        axes.bar(xs, [r.value for r in values], width * 0.92, label=label, color=colours[place])
        low = [r.value - r.interval[0] for r in values]
        high = [r.interval[1] - r.value for r in values]
        axes.errorbar(xs, [r.value for r in values], yerr=[low, high], fmt="none", ecolor="black", capsize=3)
    crowded = sum(map(len, names)) > 44  # more characters than fit side by side below the axis
    axes.set_xticks(range(len(names)), names, rotation=30 if crowded else 0, ha="right" if crowded else "center")
    axes.set_ylim(0, 1.05)
    if len(series) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))  # beside the bars, which may stand anywhere
    return figure
