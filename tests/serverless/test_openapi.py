"""The service against its own OpenAPI page: whatever the page allows is served, whatever it forbids is refused as it says."""

from __future__ import annotations

import json
import urllib.request

import pytest
import schemathesis
from hypothesis import HealthCheck, settings


@pytest.fixture
def page(service):
    return schemathesis.openapi.from_url(f"{service.url.removesuffix('/v1')}/openapi.json")


schema = schemathesis.pytest.from_fixture("page")


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_page_is_right(case):
    if case.path.endswith("/chat/completions") and isinstance(case.body, dict) and not case.body.get("max_tokens"):
        case.body["max_completion_tokens"] = 4  # an answer of any length is as good for this, and takes longer
    case.call_and_validate(timeout=120)


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
