"""Commands of the edge: `export`, `edge-page`.

cookbook export pocket out --adapter pocket-headlines --fuse --precision int4
"""

from __future__ import annotations


def add(commands) -> None:
    """Add this group's commands to the parser."""
    export = commands.add_parser("export", help="write a model as ONNX for onnxruntime-genai, Foundry Local and the browser")
    export.add_argument(
        "model", help="pocket, pocket-headlines, a folder, or a hub id on this machine; an adapter is fused with its base"
    )
    export.add_argument("out", help="new folder")
    export.add_argument("--precision", default="int4", help="fp32, int8 or int4 (default)")
    export.add_argument("--block-size", type=int, default=32, help="weights that share a scale (default: 32)")
    export.add_argument("--embedding", default="", help="int4 or fp32 (default: as the precision, fp32 for int8)")
    export.add_argument("--adapter", action="append", default=[], metavar="A", help="a LoRA adapter; give it again for more")
    export.add_argument("--adapters", nargs="+", default=[], metavar="A", help="the same, several at once; give them after OUT")
    export.add_argument("--fuse", action="store_true", help="merge the adapter instead of keeping it switchable at run time")
    export.add_argument("--items", type=int, default=40, help="headlines asked to compare with PyTorch")
    export.set_defaults(work=_export)
    page = commands.add_parser("edge-page", help="write the web page that runs base and tuned model in a browser, offline")
    page.add_argument("out", help="new folder, or one that this command wrote, with --serve")
    page.add_argument("--serve", action="store_true", help="show it on this machine's own address until Ctrl-C")
    page.add_argument("--port", type=int, default=8765)
    page.set_defaults(work=_page)


def _export(options) -> int:
    from pathlib import Path

    from phicookbook.edge import Form, export

    form = Form(options.precision, options.block_size, options.embedding)
    done = export(options.model, Path(options.out), form, [*options.adapter, *options.adapters], options.fuse, options.items)
    part = done.sizes
    sizes = {"weights": part.payload, "scales": part.scales, "embedding apart": part.embedding, "rest": part.rest}
    told = ", ".join(f"{name} {size / 1e6:.2f}" for name, size in sizes.items())
    print(f"{done.folder}: {form.name}, {part.total / 1e6:.2f} MB ({told})")
    for name, parity in done.parity.items():
        print(f"{name or 'against PyTorch'}: {parity}")
    return 0


def _page(options) -> int:
    from pathlib import Path

    from phicookbook.edge.page import server, write_page

    out = Path(options.out)
    if not (options.serve and (out / "page.json").exists()):
        write_page(out)
        print(f"{out}: {sum(path.stat().st_size for path in out.rglob('*') if path.is_file()) / 1e6:.0f} MB")
    if options.serve:
        shown = server(out, options.port)
        print(f"http://127.0.0.1:{options.port}/ until Ctrl-C", flush=True)
        shown.serve_forever()
    return 0
