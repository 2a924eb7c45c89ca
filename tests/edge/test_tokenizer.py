"""The page's tokenizer in JavaScript, held against Hugging Face's on texts of every kind."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from phicookbook import corpora, settings
from phicookbook.edge.page import WEB

ODD = [
    "", " ", "  two  spaces  ", "\n\n\t tab\r\n", "don't we'll I'VE", "1234 is 12,345.67",
    "Ünïcödé façade — naïve", "日本語のテキスト",
    "emoji 👩‍👩‍👧 🎉", "half ½ and ² and Ⅷ", "nbsp\u00a0here\u2009thin\u0085next\ufeffbom", 
    "<|user|>\nHi<|end|>\n<|assistant|>\n",
    "<think>a</think>b", "<|end", "a<|end|><|end|>b", "العربية ١٢٣", "\x00\x01\x7f", "x" * 300, "_underscore__ and --dashes--",
]  # fmt: skip


@pytest.fixture(scope="module")
def in_javascript(tmp_path_factory):
    """A function from texts to (ids, decoded texts), computed by the page's own file in Node."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node is missing: install Node.js 18 or newer")

    def run(texts: list[str], file=settings.POCKET_WEIGHTS / "tokenizer.json"):
        code = (
            f"import {{ Tokenizer }} from {json.dumps((WEB / 'tokenizer.js').as_uri())}; import fs from 'node:fs';"
            f"const t = new Tokenizer(JSON.parse(fs.readFileSync({json.dumps(str(file))}, 'utf8')));"
            "const texts = JSON.parse(fs.readFileSync(0, 'utf8'));"
            "console.log(JSON.stringify(texts.map((x) => { const i = t.encode(x); return [i, t.decode(i)]; })));"
        )
        script = tmp_path_factory.mktemp("js") / "run.mjs"
        script.write_text(code, encoding="utf-8")
        done = subprocess.run([node, str(script)], input=json.dumps(texts), capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def in_python():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(settings.POCKET_WEIGHTS)


def test_ids_and_texts_are_hugging_faces(in_javascript, in_python):
    rng = random.Random(6)
    alphabet = "aB1 \n'é½日👍\u00a0<|end|>.,-\t_Ⅷ\u200d"
    texts = ODD + ["".join(rng.choices(alphabet, k=rng.randrange(1, 40))) for _ in range(400)]
    texts += [m["content"] for task in corpora.TASKS for s in corpora.samples(task, 10, 1) for m in s.messages]
    assert len(texts) > 500
    found = in_javascript(texts)
    for text, (ids, decoded) in zip(texts, found, strict=True):
        wanted = in_python(text, add_special_tokens=False)["input_ids"]
        assert ids == wanted, text
        assert decoded == in_python.decode(wanted, skip_special_tokens=True), text


def test_another_kind_of_tokenizer_is_refused(in_javascript, tmp_path):
    about = json.loads((settings.POCKET_WEIGHTS / "tokenizer.json").read_text(encoding="utf-8"))
    other = tmp_path / "tokenizer.json"
    other.write_text(json.dumps(about | {"normalizer": {"type": "NFC"}}), encoding="utf-8")
    with pytest.raises(AssertionError, match="no byte-level BPE with single digits"):
        in_javascript(["a"], other)
