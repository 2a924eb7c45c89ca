"""Prompts as things to measure: templates, examples, steps, schemas, defences.

from phicookbook.prompting import measure
print(measure.table([measure.run("direct", model, samples)]))
"""

from __future__ import annotations

from phicookbook.settings import CookbookError


def inside(model):
    """The model itself when its weights and its tokenizer are in this process.

    Raises CookbookError for a model that answers from elsewhere.
    """
    if not hasattr(model, "tokenizer"):
        raise CookbookError(f"{model.name} answers from elsewhere and does not let us look inside: open a model on this machine")
    return model
