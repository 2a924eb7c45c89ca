"""The file by which Foundry Local finds an export in its cache: a name, and the prompt around a question.

describe(Path("out"), "pocket-headlines-int4")

Foundry Local takes a folder below its cache for a model when it holds genai_config.json and this file with a "Name"
(github.com/microsoft/Foundry-Local, sdk_v2/cpp/src/catalog/local_model_scanner.cc); "PromptTemplate" is for versions that do
not read the tokenizer's own template (learn.microsoft.com, "Compile Hugging Face models to run on Foundry Local").
"""

from __future__ import annotations

import json
from pathlib import Path

from phicookbook.settings import write_text

FILE = "inference_model.json"
CONTENT = "{Content}"  # what Foundry Local replaces by the text of a message


def describe(folder: Path, name: str) -> None:
    """Write the file into an export; a colon in the name would be read as the start of a version, so it becomes a hyphen."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    asked = [{"role": "user", "content": CONTENT}]
    prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    about = {"Name": name.replace(":", "-"), "PromptTemplate": {"assistant": CONTENT, "prompt": prompt}}
    write_text(folder / FILE, json.dumps(about, ensure_ascii=False, indent=1) + "\n")
