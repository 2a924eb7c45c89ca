"""The service against its own OpenAPI page: whatever the page allows is served, whatever it forbids is refused as it says."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from phicookbook.serverless.api.app import Config, create_app

PAGE = create_app(Config(folder=Path("nowhere"))).openapi()
OPERATIONS = [(path, method) for path, methods in PAGE["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def page(service):
    return schemathesis.openapi.from_url(f"{service.url.removesuffix('/v1')}/openapi.json")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_page_is_right(page, path, method, mode):
    operation = page[path][method.upper()]
    if mode is GenerationMode.NEGATIVE and not (operation.body or list(operation.query)):
        pytest.skip("nothing that a request could get wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case):
        if path.endswith("/chat/completions") and mode is GenerationMode.POSITIVE:
            case.body["max_completion_tokens"] = 4  # an answer of any length is as good for this, and takes longer
        # What a schema cannot say is refused with a 400 too: knobs of another method, tools for a model that knows none.
        beyond = [positive_data_acceptance] if method == "post" and path.endswith(("/jobs", "/completions")) else []
        case.call_and_validate(timeout=120, excluded_checks=beyond)

    ask()


def test_the_page_lists_every_route(service):
    with urllib.request.urlopen(f"{service.url.removesuffix('/v1')}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    wanted = {
        "/v1/files": "get post", "/v1/files/{file_id}": "get delete", "/v1/files/{file_id}/content": "get",
        "/v1/fine_tuning/jobs": "get post", "/v1/fine_tuning/jobs/{job_id}": "get",
        "/v1/fine_tuning/jobs/{job_id}/cancel": "post", "/v1/fine_tuning/jobs/{job_id}/pause": "post",
        "/v1/fine_tuning/jobs/{job_id}/resume": "post", "/v1/fine_tuning/jobs/{job_id}/events": "get",
        "/v1/fine_tuning/jobs/{job_id}/checkpoints": "get", "/v1/models": "get", "/v1/models/{model}": "get delete",
        "/v1/chat/completions": "post",
    }  # fmt: skip
    assert {path: set(methods.split()) for path, methods in wanted.items()}.items() <= {
        p: set(m) for p, m in paths.items()
    }.items()
