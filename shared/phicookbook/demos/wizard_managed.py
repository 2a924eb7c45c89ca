"""The managed view: the same run with all its settings, as a table, as raw JSON, and as a job for `cookbook finetune`.

table(settings); edited('{"lora_r": 8}', "pocket", validated=False)
"""

from __future__ import annotations

import html
import json
import tempfile
from dataclasses import fields
from pathlib import Path

from phicookbook.demos import telling
from phicookbook.demos.wizard_rows import TRAINING_NAME, VALIDATION_NAME
from phicookbook.finetune.job import Job
from phicookbook.finetune.settings import OWN, FinetuneSettings, changes
from phicookbook.serverless import automatic
from phicookbook.settings import CookbookError

MOST_CHARACTERS = 20_000


def settings_of(model: str, method: str, knobs: dict, rows: int, seed: int) -> FinetuneSettings:
    """All settings that the service would give a job with these knobs: serverless is managed with three knobs showing."""
    chosen = automatic.choose(knobs, rows, method)
    steps = -(-rows // int(chosen["batch_size"])) * int(chosen["n_epochs"])
    return automatic.settings_for(model, method, chosen, seed, steps)


def table(chosen: FinetuneSettings) -> str:
    """HTML of every setting with Azure's default beside it; what differs is marked by a word and by weight."""
    default, differs = FinetuneSettings(), changes(chosen)
    rows = []
    for each in fields(chosen):
        now, before = getattr(chosen, each.name), getattr(default, each.name)
        value = f"<strong>{html.escape(str(now))}</strong>" if each.name in differs else html.escape(str(now))
        note = " (ours)" if each.name in OWN else ""
        said = "changed" if each.name in differs else ""
        rows.append(
            f'<tr><th scope="row">{each.name}{note}</th><td>{value}</td><td>{html.escape(str(before))}</td><td>{said}</td></tr>'
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("setting", "this run", "Azure's default", ""))
    return telling.harmless(
        f'<div class="rolls" tabindex="0" role="region" aria-label="All settings"><table style="text-align:left">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def as_json(chosen: FinetuneSettings) -> str:
    """The settings as JSON that `edited` reads."""
    return json.dumps(chosen.to_dict(), indent=1)


def edited(text: str, model: str, validated: bool) -> tuple[str, str]:
    """(what differs from Azure's defaults, a YAML job for `cookbook finetune`) of settings that were edited as JSON.

    Raises CookbookError for text that is no JSON object, unknown names, values out of range and contradictions.
    """
    if len(text) > MOST_CHARACTERS:
        raise CookbookError(f"The settings have {len(text):,} characters, at most {MOST_CHARACTERS:,} are read.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CookbookError(f"This is not JSON ({error}): write names in double quotes, and no comma behind the last.") from None
    if not isinstance(values, dict):
        raise CookbookError('Write the settings as one JSON object: {"lora_r": 64, ...}')
    chosen = FinetuneSettings.from_dict(values)
    told = [f"{name}: {now} (Azure's default: {before})" for name, (before, now) in changes(chosen).items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.yaml"
        data = {"validation_data": VALIDATION_NAME} if validated else {}
        Job(model, TRAINING_NAME, "tuned", settings=chosen, **data).write(path)
        return "\n".join(["The settings are in order.", *told]), path.read_text(encoding="utf-8")
