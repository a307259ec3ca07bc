"""A world with something to answer at every address, and where each form of it goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from django import forms
from django.http import QueryDict
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from tests.access.matrix import _arguments
from tests.access.rows import fill
from tests.booking.visits import make_visit, places
from tests.fuzz.asking import FORMS_OWN, listening, shown
from tests.records.visits import make_visit as make_written
from tests.requests.making import ask_by_link, ask_by_phone
from tests.world import actor, build_world
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.ids import token_hash
from versants.core.web import pages
from versants.core.web.addresses import addresses
from versants.mobile.models import Assignment
from versants.mobile.services import booking

NOW = "2026-11-24T07:00:00+00:00"  # a Tuesday
READERS = 4  # of one address, each of another role where it opens to several
PER_ADDRESS = 12  # places where the forms of one address were met
# What is sent is undone, and with it that somebody was there: a long run must not count as a day at rest.
IDLE_S = 86_400
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Sent to by the test client they would only end the session that asks.
LEFT_OUT = {"account_logout"}


@dataclass
class Target:
    """One way to an address: who sends, where to, what the page offered."""

    path: str
    reader: str  # a key of Stage.clients; "" is nobody
    offered: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Address:
    """One address with one method: where it was met, and all it asks for."""

    name: str
    method: str
    targets: list[Target] = field(default_factory=list)
    asked: dict[str, forms.Field | None] = field(default_factory=dict)

    def learn(self, names: Any, fields: dict[str, forms.Field]) -> None:
        for name in sorted(names):
            self.asked.setdefault(name, None)
        self.asked.update(fields)


class Stage:
    """The world, a signed-in browser per member, and the addresses as they were found."""

    def __init__(self) -> None:
        self.world = w = build_world()
        fill(w)
        w.crisis, w.phoned = ask_by_link(w), ask_by_phone(w, person_codes=[w.person.code])
        tomorrow = clock.at(clock.today() + timedelta(days=1), 9)
        w.open_visit = make_visit(w, opens=tomorrow, urgency="planned", person=w.person)
        w.placed = make_visit(w, opens=tomorrow + timedelta(hours=4), urgency="planned", person=w.person)
        who = actor(w.coordinator)
        with acting(who):
            booking.assign(visit=w.placed, actor=who, places=places(w.placed, w.elise, w.selam), version=1)
        w.written = make_written(
            w.walloon, w.refuge, [("psychologist", w.elise), ("interpreter", w.selam)], persons=[w.person]
        )
        w.offered = list(Assignment.objects.filter(visit=w.placed).order_by("pk"))
        Assignment.objects.filter(pk=w.offered[1].pk).update(offer_token_hash=token_hash("offer-open"))
        self.cookies = {name: self._sign_in(member) for name, member in w.members.items()}
        self.by_role: dict[str, list[str]] = {}
        for name, member in w.members.items():
            self.by_role.setdefault(member.role, []).append(name)
        self.addresses = self._find()

    @staticmethod
    def _sign_in(member: Any) -> dict[str, str]:
        client = Client()
        client.force_login(member.account, backend=BACKEND)
        session = client.session
        session["membership"] = member.pk
        session["seen_at"] = time.time() + IDLE_S
        session["second_factor"] = {"account": member.account_id, "how": "totp"}
        session.save()
        return {name: morsel.value for name, morsel in client.cookies.items()}

    def client(self, reader: str) -> Client:
        """A browser as it is before anything is sent."""
        client = Client(headers={"accept-language": "fr"}, raise_request_exception=False)
        client.cookies.load({**self.cookies.get(reader, {}), "versants_language": "fr"})
        return client

    def paths(self, page: pages.Page) -> list[str]:
        """Every way to write the address that this world has an answer for."""
        w = self.world
        wanted = _arguments(w)
        more: dict[str, list[list[Any]]] = {
            "request": [[w.crisis.uid], [w.phoned.uid], [w.open_visit.request.uid]],
            "visit": [[w.open_visit.uid], [w.placed.uid], [w.written.uid]],
            "assignment": [[one.uid] for one in w.offered],
            "token": [
                ["token-of-le-refuge-00"],
                ["token-of-le-refuge-00", w.be.request.uid],
                ["offer-open"],
                [f"invited-{w.walloon.pk}"],
                [f"back-{w.walloon.pk}"],
                [w.be.request.uid],
            ],
            "": [[]],
        }
        given = [*more.get(page.subject, []), *([wanted[page.subject]] if page.subject in wanted else [])]
        found = []
        for arguments in given:
            for one in addresses():
                if one.name == page.name:
                    path = _filled(one.route, arguments)
                    if path and path not in found:
                        found.append(path)
        return found or _made_up(page.name)

    def _readers(self, page: pages.Page) -> list[str]:
        if page.public:
            return ["", "coordinator"]
        mine = [self.by_role[role] for role in sorted(page.roles) if role in self.by_role]
        return [names[turn] for turn in range(3) for names in mine if turn < len(names)]

    def _find(self) -> dict[tuple[str, str], Address]:
        found: dict[tuple[str, str], Address] = {}

        def at(name: str, method: str) -> Address:
            return found.setdefault((name, method), Address(name, method))

        for page in pages.pages():
            if page.name in LEFT_OUT:
                continue
            for path in self.paths(page):
                for turn, reader in enumerate(islice(self._readers(page), READERS)):
                    if "GET" in page.methods and turn == 0:
                        self._look(at, page.name, path, reader)
                    at(page.name, "GET").targets.append(Target(path, reader))
                    if "POST" in page.methods:
                        at(page.name, "POST").targets.append(Target(path, reader))
        for address in found.values():
            # Forms met on pages first: they know what fits. Then one bare target for each reader and path.
            address.targets.sort(key=lambda target: not target.offered)
            del address.targets[PER_ADDRESS:]
            if address.method == "POST":
                for target in (address.targets[0], address.targets[0], address.targets[-1]):
                    self._try(address, target)
        return found

    def _look(self, at: Any, name: str, path: str, reader: str) -> None:
        with listening() as asked:
            answer = self.client(reader).get(path)
        at(name, "GET").learn(asked.names, {})
        if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
            return
        for form in shown(answer.content.decode(), path):
            parts = urlsplit(urljoin(path, form.action))
            try:
                to = resolve(parts.path)
            except Resolver404:
                raise AssertionError(f"{path}: a form goes to {form.action}, which is no address") from None
            if to.view_name in LEFT_OUT:
                continue
            address = at(to.view_name, form.method)
            where = f"{parts.path}?{parts.query}" if parts.query else parts.path
            offered = {key: list(values) for key, values in form.values.items()}
            if not any((t.path, t.reader) == (where, reader) for t in address.targets if t.offered):
                address.targets.insert(0, Target(where, reader, offered))
            address.learn(offered, asked.fields if to.view_name == name else {})

    def _try(self, address: Address, target: Target) -> None:
        """Send what the page offered, without storing anything: what does the view read?"""
        from django.db import transaction

        typed = QueryDict(mutable=True)
        for name in address.asked:
            typed.setlist(name, [v for v in target.offered.get(name, []) if v][:1])
        with transaction.atomic(), listening() as asked:
            client = self.client(target.reader)
            client.post(target.path, typed.urlencode(), content_type="application/x-www-form-urlencoded")
            transaction.set_rollback(True)
        address.learn(asked.names - FORMS_OWN, asked.fields)


def _made_up(name: str) -> list[str]:
    """An address that names what does not exist."""
    for made in ([], ["x"], [1], ["x", "x"], [1, 1]):
        try:
            return [reverse(name, args=made)]
        except NoReverseMatch:
            continue
    return []


def _filled(route: str, arguments: list[Any]) -> str:
    """``/r/<str:token>/`` with its arguments; empty if they do not fit, in number or in kind."""
    path, rest = "", route
    left = [str(one) for one in arguments]
    while "<" in rest:
        before, _, after = rest.partition("<")
        if not left:
            return ""
        path, rest = path + before + left.pop(0), after.partition(">")[2]
    if left:
        return ""
    path += rest
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path


def accepting(method: str) -> Iterator[str]:
    """Names of every address declared for ``method``; each once."""
    for page in pages.pages():
        if method in page.methods and page.name not in LEFT_OUT:
            yield page.name
