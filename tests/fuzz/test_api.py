"""The JSON API against its own schema, by schemathesis: what the schema allows, and what it does not.

Every answer must be of a kind the schema names (2xx) or an error with its code and its sentence, never ours (5xx).
"""

from __future__ import annotations

import json
import os
import warnings
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.stage import Stage

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("VERSANTS_FUZZ_EXAMPLES") or 6) * 4
SECONDS = float(os.environ.get("VERSANTS_FUZZ_SECONDS") or 0)
SEED = int(os.environ.get("VERSANTS_FUZZ_SEED") or 1)
READERS = ("coordinator", "desk", "interpreter", "dpo", "")


def _schema(stage: Stage) -> Any:
    raw = stage.client("coordinator").get("/api/v1/openapi.json").json()
    return raw, schemathesis.openapi.from_dict(raw)


def test_the_schema_names_every_operation(stage: Stage) -> None:
    from versants.mobile.views.api import api

    raw, loaded = _schema(stage)
    listed = {f"{method.upper()} {path}" for path, ways in raw["paths"].items() for method in ways}
    assert {result.ok().label for result in loaded.get_all_operations()} == listed
    assert len(listed) == sum(len(o.methods) for v in [api._routers] for _p, r in v for o in _operations(r))


def _operations(router: Any) -> list[Any]:
    return [operation for view in router.path_operations.values() for operation in view.operations]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_operation(stage: Stage, reader: str, mode: Any, record_property: Any) -> None:
    _raw, loaded = _schema(stage)
    sent = 0
    for result in loaded.get_all_operations():
        operation = result.ok()

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES if not SECONDS else max(EXAMPLES, int(SECONDS * 4)),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            nonlocal sent
            sent += 1
            if "uid" in case.path_parameters and sent % 2 and mode is GenerationMode.POSITIVE:
                case.path_parameters["uid"] = str(stage.world.open_visit.uid)  # no example finds it by chance
            _check(stage, reader, case, case.operation)

        one()
    record_property("sent_api", sent)


def _check(stage: Stage, reader: str, case: Any, operation: Any) -> None:
    given_ = case.as_transport_kwargs(base_url="http://localhost")
    from requests import Request

    prepared = Request(
        given_["method"], given_["url"], params=given_.get("params"), headers=given_.get("headers")
    ).prepare()
    path, _, query = prepared.path_url.partition("?")
    with transaction.atomic():
        answer = stage.client(reader).generic(
            prepared.method, path, QUERY_STRING=query, headers={"Accept": "application/json"}
        )
        transaction.set_rollback(True)
    what = f"{prepared.method} {prepared.path_url[:300]} as {reader or 'nobody'}: {answer.status_code}"
    assert answer.status_code < 500, what
    if answer.status_code >= 400:
        said = json.loads(answer.content)
        assert said["code"], what
        assert len(str(said["message"])) > 5, what
    elif answer.status_code == 302:
        assert reader == "", what
    else:
        assert str(answer.status_code) in operation.definition.raw["responses"], what
        if answer.status_code == 200:
            _fits(stage, operation, answer, what)


def _fits(stage: Stage, operation: Any, answer: Any, what: str) -> None:
    """The body is what the schema promises."""
    import jsonschema_rs

    raw = stage.client("coordinator").get("/api/v1/openapi.json").json()
    promised = operation.definition.raw["responses"]["200"]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.validator_for({**promised, "components": raw["components"]})
    errors = [str(error) for error in validator.iter_errors(json.loads(answer.content))]
    assert not errors, f"{what}: {errors[:3]}"
