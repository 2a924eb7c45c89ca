"""Layout of a page, judged in the page itself: text that is cut or covered, things that overlap, things beside the screen.

assert faults(page) == []

Pictures are not compared with stored ones: fonts, their rendering and the scrollbars differ from machine to machine, and a
comparison that forgives that forgives a cut word too. What a reader would complain about is measured instead.
"""

from __future__ import annotations

# Texts are taken line by line as they are painted. Half of a line's height counts: a font's box is taller than its letters.
FAULTS = """() => {
  const SLACK = 1.5, faults = [];
  const style = e => getComputedStyle(e);
  const told = e => e.getAttribute('aria-label') || e.innerText || e.value || e.outerHTML;
  const words = e => told(e).trim().replace(/\\s+/g, ' ').slice(0, 90);
  const rolls = (e, axis) => ['auto', 'scroll'].includes(style(e)['overflow' + axis]);
  const hides = (e, axis) => ['hidden', 'clip'].includes(style(e)['overflow' + axis]);
  const above = function* (e) { for (; e && e !== document.documentElement; e = e.parentElement) yield e; };
  const isForReadersOnly = e => [...above(e)].some(a => style(a).clip === 'rect(0px, 0px, 0px, 0px)'
    || style(a).clipPath === 'inset(50%)' || a.getAttribute('aria-hidden') === 'true');
  const isSeen = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !isForReadersOnly(e);

  const lines = [];  // every painted line of text with its element
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('script, style, noscript, textarea, option') || !isSeen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1) lines.push({box, parent, rolled: false});
  }
  for (const line of lines)
    for (const [axis, low, high] of [['X', 'left', 'right'], ['Y', 'top', 'bottom']])
      for (const each of above(line.parent)) {
        if (rolls(each, axis)) { line.rolled = true; break; }
        const frame = each.getBoundingClientRect(), slack = axis === 'Y' ? line.box.height / 4 : SLACK;
        if (hides(each, axis) && (line.box[low] < frame[low] - slack || line.box[high] > frame[high] + slack))
          { faults.push(`cut (${axis}): ${words(line.parent)}`); break; }
        if (style(each).position === 'fixed') break;
      }

  const SAID = 'input[readonly], input:disabled, input[role=listbox], input[type=number]';
  const CONTROLS = 'button, input, select, textarea, a[href], [role=tab], summary, progress';
  const controls = [...document.querySelectorAll(CONTROLS)].filter(isSeen).filter(e => e.getBoundingClientRect().width > 1);
  for (const e of controls)  // what is typed may be longer than its box; what the page itself says there may not
    if (e.matches(SAID) && e.scrollWidth > e.clientWidth + SLACK)
      faults.push(`cut (value): ${words(e)}`);
    else if (e.matches('textarea') && !rolls(e, 'Y') && e.scrollHeight > e.clientHeight + e.clientHeight / 4)
      faults.push(`cut (value): ${words(e)}`);

  const meet = (a, b, slack) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack;
  const isStuck = e => [...above(e)].some(a => ['fixed', 'sticky'].includes(style(a).position));
  const isOver = (list, box, slack, name) => list.forEach((a, i) => list.slice(i + 1).forEach(b => {
    if (a !== b && !a.contains(b) && !b.contains(a) && !isStuck(a) && !isStuck(b) && meet(box(a), box(b), slack))
      faults.push(`${name}: ${words(a)} | ${words(b)}`);
  }));
  isOver(controls, e => e.getBoundingClientRect(), SLACK, 'controls overlap');
  const middle = box => ({left: box.left, right: box.right, top: box.top + box.height / 4, bottom: box.bottom - box.height / 4});
  const flat = lines.filter(line => !line.rolled && !isStuck(line.parent)).map(line => ({...line, middle: middle(line.box)}));
  flat.forEach((a, i) => flat.slice(i + 1).forEach(b => {
    if (meet(a.middle, b.middle, SLACK)) faults.push(`texts overlap: ${words(a.parent)} | ${words(b.parent)}`);
  }));

  const touchable = document.head.appendChild(document.createElement('style'));  // a label that lets clicks through is seen too
  touchable.textContent = '* { pointer-events: auto !important }';
  const isOpaque = e => { const c = style(e).backgroundColor.match(/[\\d.]+/g); return c && (c.length < 4 || +c[3] > 0.5); };
  for (const {box, parent, rolled} of lines) {  // what lies over a point of its upper part must belong to the text
    if (rolled || isStuck(parent)) continue;
    for (const over of document.elementsFromPoint(Math.min(box.left + 4, box.right - 1), box.top + box.height * 0.3)) {
      if (over.contains(parent)) break;
      if (isSeen(over) && isOpaque(over)) { faults.push(`covered: ${words(parent)} | by ${words(over)}`); break; }
    }
  }
  touchable.remove();

  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width < 2 || (box.right <= innerWidth + SLACK && box.left >= -SLACK) || !isSeen(e)) continue;
    if ([...above(e.parentElement)].some(a => rolls(a, 'X') || hides(a, 'X'))) continue;  // rolled, or judged as cut text
    faults.push(`beside the screen: <${e.tagName.toLowerCase()}> ${words(e)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page rolls sideways');
  return [...new Set(faults)];
}"""


def faults(page) -> list[str]:
    """What a reader would complain about in the page as it stands, each with the words that it is about; [] when all is well.

    The window is made as tall as the page while it is looked at, since only what is in the window can be found covered.
    """
    size = page.viewport_size
    tall = page.evaluate("Math.max(document.documentElement.scrollHeight, document.body.scrollHeight)")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], tall)})
    page.wait_for_function("tall => innerHeight >= tall", arg=tall)
    page.evaluate("scrollTo(0, 0)")
    try:
        return page.evaluate(FAULTS)
    finally:
        page.set_viewport_size(size)
