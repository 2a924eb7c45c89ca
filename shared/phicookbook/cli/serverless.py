"""The command of the service: `serve`.

cookbook serve --port 8000
"""

from __future__ import annotations

from phicookbook.cli.arguments import count


def add(commands) -> None:
    """Add this group's command to the parser."""
    serve = commands.add_parser("serve", help="fine-tuning and chat as a service under OpenAI's protocol")
    serve.add_argument("--host", default="127.0.0.1", help="elsewhere than on this machine PHI_API_KEY is asked for")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--data", default="", help="folder of files, jobs and models (default: .artifacts/serverless)")
    serve.add_argument("--model", default="", help="the base that is served and tuned (default: PHI_MODEL or pocket)")
    serve.add_argument("--upstream", default="", metavar="URL", help="hand chats on to this server, such as vLLM")
    serve.add_argument("--jobs", type=count, default=1, help="jobs that train at once")
    serve.add_argument("--most-megabytes", type=count, default=512, help="the largest upload")
    serve.add_argument(
        "--deploy",
        action="append",
        default=[],
        metavar="NAME=MODEL",
        help="also serve this folder or registered model (headlines@champion) under a name",
    )
    serve.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    serve.set_defaults(work=_serve)


def _serve(options) -> int:
    from pathlib import Path

    from phicookbook import settings
    from phicookbook.finetune.registry import place_of
    from phicookbook.serverless.api.app import Config
    from phicookbook.serverless.deploy import deploy
    from phicookbook.serverless.server import serve

    folder = Path(options.data) if options.data else settings.artifacts() / "serverless"
    config = Config(
        folder=folder, base=options.model or settings.model(), host=options.host, key=settings.api_key(),
        upstream=options.upstream, upstream_key=settings.upstream_key(), at_once=options.jobs,
        most_bytes=options.most_megabytes * 1024 * 1024,
    )  # fmt: skip
    for pair in options.deploy:
        name, _, where = pair.partition("=")
        deploy(folder, name, place_of(where), base=config.base)
    serve(config, options.port, options.with_parent)
    return 0
