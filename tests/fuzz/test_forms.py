"""Every form, by every role that has it, with what fits and what nobody should send.

Never a fault of ours (5xx), nothing stored that a rule forbids, and whoever is refused reads why.
"""

from __future__ import annotations

import os
import re
import time
import traceback
from html import unescape
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.stage import Address, Stage, Target, accepting
from tests.fuzz.truths import broken, watching
from tests.fuzz.values import HOSTILE, of_name

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("VERSANTS_FUZZ_EXAMPLES") or 6)
SECONDS = float(os.environ.get("VERSANTS_FUZZ_SECONDS") or 0)
SEED = int(os.environ.get("VERSANTS_FUZZ_SEED") or 1)
FORM = "application/x-www-form-urlencoded"
SAYS_NOT_READY = {"readyz"}  # 503 without a worker is its answer


def encoded(sent: dict[str, list[str]]) -> str:
    """A form's body; half characters (lone surrogates) too, as a careless program would send them."""
    return "&".join(
        f"{quote_from_bytes(name.encode(errors='surrogatepass'))}="
        f"{quote_from_bytes(value.encode(errors='surrogatepass'))}"
        for name, values in sent.items()
        for value in values
    )


@st.composite
def sendings(draw: st.DrawFn, address: Address) -> tuple[Target, dict[str, list[str]], dict[str, Any]]:
    """Who sends what where: mostly a form that fits but for a few fields, sometimes anything at all."""
    target = draw(st.sampled_from(address.targets))
    sent = {}
    wild = draw(st.integers(0, 3)) == 0
    names = list(address.asked)
    touched = set(names) if wild or not names else set(draw(st.lists(st.sampled_from(names), max_size=4)))
    for name in names:
        offered = target.offered.get(name, [])
        if name in touched or not offered:
            sent[name] = draw(of_name(offered, address.asked[name]))
        else:
            sent[name] = draw(st.sampled_from([[value] for value in offered]))
    if draw(st.integers(0, 9)) == 0:
        sent[draw(st.sampled_from(HOSTILE))] = ["x"]
    headers = draw(st.sampled_from([{}, {}, {}, {"HX-Request": "true"}, {"Accept": "application/json"}]))
    return target, sent, headers


def send(client: Client, address: Address, target: Target, sent: Any, headers: Any) -> Any:
    body = encoded(sent)
    if address.method == "POST":
        return client.generic("POST", target.path, body, content_type=FORM, headers=headers)
    path, _, query = target.path.partition("?")
    return client.generic("GET", path, QUERY_STRING=f"{query}&{body}"[:8000], headers=headers)


def sentences(found: Any) -> list[str]:
    """Every text inside a JSON answer (the accounts' pages answer programs with their whole form)."""
    if isinstance(found, dict):
        return [text for value in found.values() for text in sentences(value)]
    if isinstance(found, list):
        return [text for value in found for text in sentences(value)]
    return [found] if isinstance(found, str) and " " in found else []


def says(answer: Any) -> str:
    """The sentence a refused reader gets: the page's title and errors, or the message for a program."""
    if answer.get("Content-Type", "").startswith("application/json"):
        return " ".join(sentences(answer.json()))
    text = answer.content.decode(errors="replace")
    told = re.findall(r'class="(?:err|lede)"[^>]*>(.*?)</(?:li|p)>', text, re.S) or re.findall(
        r"<h1[^>]*>(.*?)</h1>", text, re.S
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", " ".join(told) or text)).split())


def check(stage: Stage, address: Address, example: Any, before: set[str]) -> None:
    target, sent, headers = example
    with transaction.atomic():
        with watching() as written:
            answer = send(stage.client(target.reader), address, target, sent, headers)
        what = f"{address.method} {target.path} as {target.reader or 'nobody'}: {answer.status_code}"
        if answer.status_code >= 500 and address.name not in SAYS_NOT_READY:
            trace = "".join(traceback.format_exception(*answer.exc_info)[-12:]) if answer.exc_info else ""
            raise AssertionError(f"{what}\n{sent}\n{trace}")
        to_a_program = address.name.startswith("account_") and "Accept" in headers  # allauth's own answer
        if answer.status_code >= 400 and address.name not in SAYS_NOT_READY and not to_a_program:
            assert len(says(answer)) > 5, f"{what} without a sentence\n{sent}"
        wrong = broken(written) - before
        assert not wrong, f"{what} stored {wrong}\n{sent}"
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def before(stage: Stage) -> set[str]:
    """What the small world, made by hand, does not keep anyway."""
    return broken()


def run(stage: Stage, address: Address, before: set[str], examples: int, seed: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not SECONDS,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(example=sendings(address))
    def one(example: Any) -> None:
        check(stage, address, example, before)

    if SECONDS:
        from hypothesis import seed as seeded

        one = seeded(seed)(one)
    one()


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_every_form(stage: Stage, before: set[str], method: str, subtests: Any, record_property: Any) -> None:
    named = [name for name in accepting(method) if (name, method) in stage.addresses]
    share = SECONDS / 2 / len(named)
    sent = 0
    for name in named:
        address = stage.addresses[name, method]
        until = time.monotonic() + share
        with subtests.test(msg=f"{method} {name}"):
            seed = SEED
            while True:
                examples = EXAMPLES if method == "POST" else max(EXAMPLES // 2, 1)
                run(stage, address, before, examples if not SECONDS else 40, seed)
                sent += examples if not SECONDS else 40
                seed += 1000
                if time.monotonic() >= until:
                    break
    record_property(f"sent_{method.lower()}", sent)


def test_no_form_is_left_out(stage: Stage) -> None:
    """Each address that takes a post was reached, and of those with a page of their own the fields are known."""
    met = {
        name: stage.addresses[name, "POST"] for name in accepting("POST") if (name, "POST") in stage.addresses
    }
    assert set(accepting("POST")) - set(met) == set()
    for name in (
        "ask_link",
        "call_me",
        "triage",
        "visit_record",
        "visit_change",
        "request_by_phone",
        "consent_new",
    ):
        assert len(met[name].asked) > 3, name
    assert {"slot", "professional", "version"} <= set(met["visit_assign"].asked)
