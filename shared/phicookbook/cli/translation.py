"""The command `translate`: chapters in other languages, built from the English ones.

cookbook translate 02 de
"""

from __future__ import annotations


def add(commands) -> None:
    """Add this group's command to the parser."""
    translate = commands.add_parser("translate", help="build translated chapters and tell what is out of date in them")
    translate.add_argument("chapter", nargs="?", default="", help="name or number (default: every translation)")
    translate.add_argument("language", nargs="?", default="", help="such as de (default: all)")
    translate.add_argument("--check", action="store_true", help="write nothing; only tell what is out of date")
    translate.add_argument(
        "--accept",
        nargs="+",
        default=[],
        metavar="CELL",
        help="the translation of these cells fits today's English (all: every cell)",
    )
    translate.set_defaults(work=_translate)


def _translate(options) -> int:
    from phicookbook.book import run, translation
    from phicookbook.settings import CookbookError

    chapter = run.find(options.chapter) if options.chapter else ""
    if options.accept:
        if not (chapter and options.language):
            raise CookbookError("--accept needs a chapter and a language: cookbook translate 02 de --accept cell-3")
        translation.accept(options.language, chapter, options.accept)
    chosen = [each for each in translation.available() if options.language in ("", each[0]) and chapter in ("", each[1])]
    if not chosen:
        raise CookbookError("there is no such translation: `cookbook translate 02 de --accept all` begins one")
    stale = 0
    for language, name in chosen:
        place = f"{name} in {language}" if options.check else translation.write(language, name)
        found = translation.faults(language, name)
        stale += bool(found)
        print(f"{place}: {'every cell is translated' if not found else f'{len(found)} to look at'}")
        print("".join(f"\n{told}\n" for told in found), end="")
    return int(stale > 0)
