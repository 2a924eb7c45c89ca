"""The command of the demos: `demo`.

cookbook demo playground
"""

from __future__ import annotations

from pathlib import Path

from phicookbook.cli.arguments import port


def add(commands) -> None:
    """Add this group's command to the parser."""
    demo = commands.add_parser("demo", help="open the workshop in a browser, or one of its demos")
    demo.add_argument("name", nargs="?", default="", metavar="NAME", help="a tab's name (default: all, a tab each)")
    demo.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets the room in, with a password that is shown here")
    demo.add_argument("--port", type=port, default=7860, help="0 takes a free one")
    demo.add_argument(
        "--model", default="", help="pocket, a folder, a hub id or https://host/v1#deployment (default: PHI_MODEL or pocket)"
    )
    demo.add_argument("--presenter", action="store_true", help="with a preflight, the script beside the tabs, and recordings")
    demo.add_argument("--script", type=Path, help="a script of your own for --presenter (default: datasets/workshop/script.yaml)")
    demo.add_argument("--record", action="store_true", help="run the main flow of each demo and record it for --presenter")
    demo.set_defaults(work=_demo)


def _demo(options) -> int:
    from phicookbook.demos.workshop import serve
    from phicookbook.settings import CookbookError, use_model

    use_model(options.model)
    if options.script and not options.presenter:
        raise CookbookError("--script is read by the presenter's desk: give --presenter too")
    if options.record and options.presenter:
        raise CookbookError("--record ends when it has recorded: give --presenter alone after it")
    if options.record:
        from phicookbook.demos.presenter_record import record

        record(options.name, print)
    elif options.presenter:
        from phicookbook.demos import presenter

        presenter.serve(options.name, options.host, options.port, options.script)
    else:
        serve(options.name, options.host, options.port)
    return 0
