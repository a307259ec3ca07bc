"""The load of ``make crash``: writers that keep a journal of what they were told stands, and a reader of pages."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from datetime import date, datetime, timedelta
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

DANGERS = ("no_but_unwell", "now")
TIMEOUT_S = 20.0
AWAY = {"fr": "Versants est indisponible un moment", "nl": "Versants is even niet bereikbaar"}


def clock_today() -> date:
    return datetime.now(ZoneInfo("Europe/Brussels")).date()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


class Browser:
    """One reader's cookies; answers are (status, text, location), status 0 when nobody answered."""

    def __init__(self, url: str, language: str) -> None:
        self.url, self.language = url, language
        self.jar = CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), NoRedirect()
        ).open

    def ask(self, path: str, form: Any = None, accept: str = "text/html") -> tuple[int, str, str]:
        body = urlencode(form, doseq=True).encode() if form is not None else None
        headers = {"Accept": accept, "Accept-Language": self.language}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with self._open(request, timeout=TIMEOUT_S) as answer:
                return (
                    answer.status,
                    answer.read().decode(errors="replace"),
                    answer.headers.get("Location", ""),
                )
        except urllib.error.HTTPError as other:
            with other:
                return other.code, other.read().decode(errors="replace"), other.headers.get("Location", "")
        except (OSError, HTTPException):
            return 0, "", ""

    def token(self) -> str:
        return next((c.value or "" for c in self.jar if c.name == "csrftoken"), "")

    def sign_in(self, login: dict[str, Any]) -> bool:
        from tests.e2e.product import code_of

        self.ask("/account/login/")
        form = {"login": login["email"], "password": login["password"], "csrfmiddlewaretoken": self.token()}
        status, _page, to = self.ask("/account/login/", form)
        if status == 302 and "/2fa/" in to:
            self.ask(to)
            status, _page, to = self.ask(to, {"code": code_of(login), "csrfmiddlewaretoken": self.token()})
        return status == 302


class Load:
    """Five writers and a reader; ``resume``, ``pause``, ``end``. ``due``: visits whose record the clinician may write."""

    def __init__(self, url: str, logins: list[dict[str, Any]], link: str, due: list[str], seed: int) -> None:
        self.url, self.seed, self.due = url, seed, due
        self.link = re.sub(r"^https?://[^/]+", "", link)
        by_role = {one["role"]: one for one in reversed(logins)}
        self.recorder_email = by_role["clinician"]["email"]
        self._journal: dict[tuple[str, str], Any] = {}
        self._faults: list[str] = []
        self._answers: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._going, self._over = threading.Event(), threading.Event()
        self._busy = 0
        self.coordinator, self.clinician = Browser(url, "fr"), Browser(url, "nl")
        for browser, role in ((self.coordinator, "coordinator"), (self.clinician, "clinician")):
            if not browser.sign_in(by_role[role]):
                raise RuntimeError(f"the {role} could not sign in")
        self.centre, self.planner = Browser(url, "nl"), Browser(url, "fr")
        self.writer = Browser(url, "nl")
        self.writer.jar, self.writer._open = self.clinician.jar, self.clinician._open
        self.planner.jar = self.coordinator.jar
        self.planner._open = self.coordinator._open
        for work in (self._asks, self._notes, self._signs, self._books, self._reads):
            threading.Thread(target=self._loop, args=(work,), daemon=True).start()

    # what the writers share

    def _loop(self, work: Any) -> None:
        chance = random.Random(f"{self.seed}{work.__name__}")
        steps = work(chance)
        while not self._over.is_set():
            if not self._going.wait(0.2):
                continue
            with self._lock:
                self._busy += 1
            try:
                next(steps)
            finally:
                with self._lock:
                    self._busy -= 1
            time.sleep(0.05)

    def resume(self) -> None:
        self._answers.clear()
        self._faults.clear()
        self._going.set()

    def pause(self) -> None:
        self._going.clear()
        until = time.monotonic() + 3 * TIMEOUT_S
        while self._busy and time.monotonic() < until:
            time.sleep(0.1)

    def end(self) -> None:
        self._over.set()

    def acknowledged(self) -> list[tuple[str, str, Any]]:
        with self._lock:
            return [(kind, key, content) for (kind, key), content in self._journal.items()]

    def faults(self) -> list[str]:
        return list(self._faults)

    def answers(self) -> dict[str, int]:
        return dict(sorted(self._answers.items()))

    def _yes(self, kind: str, key: str, content: Any) -> None:
        with self._lock:
            self._journal[kind, key] = content

    def _look(self, what: str, browser: Browser, answer: tuple[int, str, str]) -> None:
        """Every answer is counted; one of ours (5xx) must be a 503 that says so in the reader's language."""
        status, text, _to = answer
        self._answers[f"{what} {status}"] += 1
        if status < 500:
            return
        if status != 503:
            self._faults.append(f"{what}: {status} instead of 503")
        elif not text.startswith("{") and AWAY[browser.language] not in text:
            self._faults.append(f"{what}: 503 without its sentence in {browser.language}")

    def wait_ready(self, within_s: float) -> float | None:
        """Seconds until /readyz says yes; None if it does not."""
        began, probe = time.monotonic(), Browser(self.url, "fr")
        while time.monotonic() - began < within_s:
            if probe.ask("/readyz", accept="application/json")[0] == 200:
                return round(time.monotonic() - began, 1)
            time.sleep(0.3)
        return None

    # the writers

    def _asks(self, chance: random.Random) -> Any:
        """A centre asks by its link; what got no answer is sent again under the same uid, as a phone would."""
        browser = self.centre
        while True:
            uid, danger = str(uuid.UUID(int=chance.getrandbits(128), version=4)), chance.choice(DANGERS)
            phone = f"056 {chance.randrange(10**6):06d}"
            form = {
                "uid": uid,
                "place": "here",
                "language": "tir",
                "danger": danger,
                "callback_phone": phone,
            }
            while True:
                answer = browser.ask(f"{self.link}?way=crisis", form)
                self._look("ask", browser, answer)
                if answer[0] == 302:
                    self._yes("ask", uid, danger)
                    break
                if answer[0] == 503 and uid not in answer[1]:
                    self._faults.append("ask: what was typed is not on the 503 page")
                yield
            yield

    def _notes(self, chance: random.Random) -> Any:
        """A clinician writes down the travel of one day after the other."""
        browser, day = self.clinician, clock_today()
        browser.ask("/today/times/")
        while True:
            day -= timedelta(days=1)
            minutes = chance.randrange(5, 120)
            while True:
                form = {
                    "day": day.isoformat(),
                    "travel": str(minutes),
                    "csrfmiddlewaretoken": browser.token(),
                }
                answer = browser.ask("/today/times/", form)
                self._look("times", browser, answer)
                if answer[0] == 302 and "/account/" not in answer[2]:
                    self._yes("times", day.isoformat(), minutes)
                    break
                if answer[0] == 422:
                    day = clock_today()
                    break
                yield
            yield

    def _signs(self, chance: random.Random) -> Any:
        """A clinician writes down visit after visit: the draft kept twice, signed, then something added, and more later."""
        signed: list[str] = []
        for uid in self.due:
            path, wanted = f"/visits/{uid}/record/", ["draft", "draft", "sign"]
            while wanted:
                answer = self.writer.ask(path)
                self._look("record", self.writer, answer)
                yield
                version = re.search(r'name="version" value="(\d+)"', answer[1])
                if answer[0] == 200 and version is None:  # signed: the answer to our signature was lost
                    break
                if answer[0] != 200 or version is None:
                    continue
                minutes = 5 * chance.randrange(2, 24)
                form = {
                    "version": version[1], "n_ticked": 0, "kind": "follow_up", "mode": "on_site", "n_persons": 1,
                    "began_on": (clock_today() - timedelta(days=1)).isoformat(), "began_time": "10:00",
                    "duration_min": minutes, "done": "listening", "with_interpreter": "no",
                    "social_note": f"note {minutes}", "action": wanted[0],
                    "csrfmiddlewaretoken": self.writer.token(),
                }  # fmt: skip
                with self._lock:  # from here on what stood before may be replaced until we are told
                    before = self._journal.pop(("record", uid), None)
                answer = self.writer.ask(path, form)
                self._look(wanted[0], self.writer, answer)
                if answer[0] == 302 and "/account/" not in answer[2]:
                    self._yes("record", uid, [[wanted[0], minutes]])
                    wanted.pop(0)
                elif before is not None:
                    self._yes("record", uid, [*before, [wanted[0], minutes]])
                yield
            signed.append(uid)
            for _ in range(12):
                yield from self._adds(chance.choice(signed), chance)
        while signed:
            yield from self._adds(chance.choice(signed), chance)
        while True:
            yield

    def _adds(self, uid: str, chance: random.Random) -> Any:
        """Something is added to a signed record; the journal keeps (told that it stands, sent)."""
        form = {
            "text": f"later {chance.randrange(10**6)}",
            "tier": "social",
            "csrfmiddlewaretoken": self.writer.token(),
        }
        with self._lock:
            told, sent = self._journal.get(("addition", uid), (0, 0))
            self._journal["addition", uid] = told, sent + 1
        answer = self.writer.ask(f"/visits/{uid}/record/add/", form)
        self._look("add", self.writer, answer)
        if answer[0] == 302 and "/account/" not in answer[2]:
            self._yes("addition", uid, (told + 1, sent + 1))
        yield

    def _books(self, chance: random.Random) -> Any:
        """The coordination books what is open, and sometimes takes a place back."""
        browser = self.coordinator
        visits: list[str] = []
        while True:
            if not visits:
                answer = browser.ask("/api/v1/board/changes?since=0", accept="application/json")
                self._look("changes", browser, answer)
                if answer[0] == 200:
                    found = json.loads(answer[1])
                    visits = [one["visit"] for one in found if one["state"] == "open"][:40]
                    versions = {one["visit"]: one["version"] for one in found}
                yield
                continue
            uid = visits.pop(chance.randrange(len(visits)))
            answer = browser.ask(f"/api/v1/visits/{uid}/teams?limit=3", accept="application/json")
            self._look("teams", browser, answer)
            yield
            if answer[0] != 200 or not json.loads(answer[1])["teams"]:
                continue
            team = chance.choice(json.loads(answer[1])["teams"])
            form = {
                "slot": [one["slot"] for one in team["people"]],
                "professional": [one["id"] for one in team["people"]],
                "start": team["start"],
                "version": versions[uid],
                "csrfmiddlewaretoken": browser.token(),
            }
            answer = browser.ask(f"/visits/{uid}/assign/", form, accept="application/json")
            self._look("book", browser, answer)
            yield
            if answer[0] != 200:
                continue
            said = json.loads(answer[1])
            for one in said["assignments"]:
                self._yes("book", one, ["offered", "accepted"])
            if chance.random() < 0.5:
                one = chance.choice(said["assignments"])
                form = {"assignment": one, "version": said["version"], "csrfmiddlewaretoken": browser.token()}
                with self._lock:  # from here on either may be true until we are told
                    self._journal["book", one] = ["offered", "accepted", "released"]
                answer = browser.ask(f"/visits/{uid}/release/", form)
                self._look("release", browser, answer)
                if answer[0] == 303:
                    self._yes("book", one, ["released"])
            yield

    def plan(self) -> None:
        """One day's plan is asked for: a job of several seconds."""
        browser = self.planner
        day = clock_today() + timedelta(days=1)
        answer = browser.ask("/board/plan/", {"day": day.isoformat(), "csrfmiddlewaretoken": browser.token()})
        self._look("plan", browser, answer)
        found = re.search(r"/jobs/([0-9a-f-]{36})/", answer[2])
        if found:
            self._yes("plan", found[1], "done")

    def _reads(self, chance: random.Random) -> Any:
        browsers = {language: Browser(self.url, language) for language in ("fr", "nl")}
        while True:
            browser = browsers[chance.choice(("fr", "nl"))]
            path = chance.choice(("/", self.link, "/call-me/", "/healthz"))
            answer = browser.ask(path)
            self._look("healthz" if path == "/healthz" else "page", browser, answer)
            if path == "/healthz" and answer[0] not in {0, 200}:
                self._faults.append(f"healthz {answer[0]}")
            time.sleep(0.2)
            yield
