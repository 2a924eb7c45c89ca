"""Loss curves as a picture that grows: SVG with axes, units and a text for who cannot see it.

curve([(1, 2.0), (2, 1.1)], [(2, 1.3)], total=10)
"""

from __future__ import annotations

from collections.abc import Sequence

from phicookbook.book.pictures import BLUE, RED
from phicookbook.demos import telling

WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 16, 40

Points = Sequence[tuple[int, float]]


def curve(train: Points, valid: Points, total: int) -> str:
    """HTML of the training loss (line) and the validation loss (dashed, squares) over `total` steps; "" without points."""
    if not train and not valid:
        return ""
    top = max(loss for _, loss in [*train, *valid]) * 1.08 or 1.0
    total = max(total, max(step for step, _ in [*train, *valid]))

    def at(step: int, loss: float) -> tuple[float, float]:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / total, TOP + (HEIGHT - TOP - BOTTOM) * (1 - loss / top)

    lines = [_line([at(*p) for p in train], BLUE, ""), _line([at(*p) for p in valid], RED, 'stroke-dasharray="6 4"')]
    marks = [f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="{RED}"/>' for x, y in (at(*p) for p in valid)]
    said = ", ".join(
        f"{name} loss {points[0][1]:.2f} at step {points[0][0]} and {points[-1][1]:.2f} at step {points[-1][0]}"
        for name, points in (("training", train), ("validation", valid))
        if points
    )
    return telling.harmless(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Loss curves of {total} steps: {said}." '
        f'style="width:100%;max-width:{WIDTH}px;background:white;color:black" font-size="12" font-family="sans-serif">'
        f"{_axes(top, total)}{''.join(lines)}{''.join(marks)}{_legend(bool(valid))}</svg>"
    )


def _line(points: list[tuple[float, float]], colour: str, more: str) -> str:
    said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="2" {more}/>' if points else ""


def _axes(top: float, total: int) -> str:
    base, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [f'<path d="M{LEFT} {TOP}V{base}H{end}" fill="none" stroke="#555"/>']
    for share in (0, 0.5, 1):
        y, x = TOP + (base - TOP) * (1 - share), LEFT + (end - LEFT) * share
        anchor = "end" if share == 1 else "middle"
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end" fill="#222">{top * share:.2f}</text>')
        parts.append(f'<text x="{x:.0f}" y="{base + 16}" text-anchor="{anchor}" fill="#222">{round(total * share)}</text>')
    parts.append(f'<text x="{(LEFT + end) / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle" fill="#222">optimizer step</text>')
    parts.append(
        f'<text transform="translate(12 {(TOP + base) / 2:.0f}) rotate(-90)" text-anchor="middle" fill="#222">loss (nats)</text>'
    )
    return "".join(parts)


def _legend(valid: bool) -> str:
    names = [("training", BLUE, TOP + 8)] + ([("validation, dashed", RED, TOP + 26)] if valid else [])
    return "".join(
        f'<text x="{WIDTH - RIGHT}" y="{y}" text-anchor="end" fill="{colour}" font-weight="bold">{name}</text>'
        for name, colour, y in names
    )
