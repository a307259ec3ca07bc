"""Every address, by role and situation: what is declared, and what answers.

The world holds the same things on both sides of the border, with words that must never show elsewhere.
"""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.access.matrix import cases, opened, people_for
from tests.access.rows import fill
from versants.core.access.classes import WALLED_ROLES, Role
from versants.core.models import Grant
from versants.core.web import pages
from versants.core.web.addresses import addresses


def test_every_address_is_declared_and_every_declaration_is_an_address():
    names = {address.name for address in addresses()}
    declared = {page.name for page in pages.pages()}
    assert names - declared == set()
    assert declared - names == set()


def test_walled_roles_open_nothing_about_a_person():
    for page in pages.pages():
        if page.public or page.data_class in {"", "aggregate"} or page.name == "audit":
            continue
        assert not page.roles & WALLED_ROLES, page.name


@pytest.mark.parametrize("role", sorted(Role.values))
def test_addresses_answer_as_declared(world, client_for, role):
    """GET and POST of every address, as one role from the own organisation, another, and another versant."""
    fill(world)
    Grant.objects.filter(
        because="passed"
    ).delete()  # what a grant opens across the border is tested by itself
    wrong = []
    for situation, member in people_for(world, role).items():
        client = client_for(member)
        client.raise_request_exception = False
        for case in cases(world, role, situation):
            answer = client.generic(case.method, case.url, content_type="application/x-www-form-urlencoded")
            if (answer.status_code < 500 and opened(answer)) != case.expected or answer.status_code >= 500:
                wrong.append((case.page.name, situation, case.method, answer.status_code, case.expected))
            if case.secret and answer.status_code < 500:
                body = answer.content.decode(errors="replace") if not answer.streaming else ""
                shown = [word for word in ("Zzcanari", world.person.code) if word in body]
                if shown:
                    wrong.append((case.page.name, situation, case.method, "shows", shown))
    assert not wrong, "\n".join(map(str, wrong))


def test_without_login_only_public_addresses_open(world, client_for):
    fill(world)
    client = client_for()
    for case in cases(world, Role.COORDINATOR, "own"):
        if case.page.public:
            continue
        answer = client.generic(case.method, case.url)
        assert answer.status_code == 302, case.url
        assert answer.url.startswith(reverse("account_login")), case.url
