"""The frame around a page: who one is, where one can go, nothing for those who may not."""

import re
from html import unescape
from types import SimpleNamespace

import pytest
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation

from versants.core.access.scope import Actor
from versants.core.registries import NavEntry, Registry
from versants.core.web import context
from versants.core.web.samples import samples


@pytest.fixture
def entries(monkeypatch):
    """Three words in the masthead: for all, for coordination, and one whose page does not exist."""
    registry = Registry("nav")
    registry.add(NavEntry("privacy", "confidences", "privacy", order=1, icon="day", pocket=True))
    registry.add(NavEntry("legal", "lois", "legal", roles=frozenset({"coordinator"}), order=2))
    registry.add(NavEntry("gone", "rien", "no-such-page", order=3))
    monkeypatch.setattr(context, "nav", registry)


def membership(pk, role, label, team):
    return SimpleNamespace(
        pk=pk, uid=f"u{pk}", role=role, team=team, organisation="Maison", get_role_display=lambda: label
    )


def request(role="coordinator", path="/legal/"):
    made = RequestFactory().get(path)
    mine = membership(1, role, "coordination", "IntegraPsy Wallonie")
    made.membership = mine
    made.memberships = [mine, membership(2, "clinician", "clinicien", None)]
    made.actor = Actor(kind="membership", membership=1, role=role)
    made.user = type("Account", (), {"is_authenticated": True, "__str__": lambda self: "Camille Delattre"})()
    return made


def page(made, template="pages/legal.html"):
    with translation.override("fr"):
        return render_to_string(template, {}, made)


@pytest.mark.usefixtures("entries")
def test_masthead_shows_what_the_role_may_open_and_where_one_is():
    drawn = page(request())
    assert 'href="/legal/" aria-current="page" data-test="nav-legal">Lois</a>' in drawn
    assert 'href="/privacy/" data-test="nav-privacy">Confidences</a>' in drawn
    assert "Rien" not in drawn
    assert 'data-test="nav-legal"' not in page(request(role="clinician"))


@pytest.mark.usefixtures("entries")
def test_who_am_i_switches_by_a_plain_form():
    drawn = page(request())
    assert "<b>Camille Delattre</b><span>Coordination, IntegraPsy Wallonie</span>" in drawn
    assert '<button class="act-as" name="membership" value="u1" aria-current="true">Coordination' in drawn
    assert '<button class="act-as" name="membership" value="u2">Clinicien<small>Maison</small>' in drawn
    assert drawn.count("csrfmiddlewaretoken") >= 3


@pytest.mark.usefixtures("entries")
def test_the_public_sees_no_menu_and_no_name():
    made = RequestFactory().get("/privacy/")
    drawn = page(made)
    assert 'data-test="nav-' not in drawn
    assert "who-am-i" not in drawn.split("<main")[0]
    assert ">Se connecter</a>" in drawn


@pytest.mark.usefixtures("entries")
def test_the_foot_of_a_phone_has_the_few_pages_it_needs():
    drawn = page(request(), "base_pocket.html")
    assert '<nav class="tabs"' in drawn
    assert "Confidences</a></nav>" in drawn
    assert 'data-density="pocket"' in drawn


def test_a_page_in_a_persons_language_says_so():
    with translation.override("fr"):
        drawn = render_to_string(
            "base_pocket.html",
            {"page_lang": "prs", "page_dir": "rtl", "private": True},
            RequestFactory().get("/p/x/"),
        )
    assert '<html lang="prs" dir="rtl">' in drawn
    assert '<meta name="referrer" content="no-referrer">' in drawn
    assert 'content="noindex, nofollow"' in drawn


def test_a_fragment_pays_nothing_for_the_frame():
    class Closed:
        def __getattr__(self, name):
            raise AssertionError(name)

    made = RequestFactory().get("/x/")
    made.user = made.membership = Closed()
    frame = context.frame(made)["frame"]
    assert get_template("components/toast.html").render({"text": "Fait", "frame": frame}).strip() == (
        '<p class="toast">Fait</p>'
    )


def test_messages_are_announced_and_errors_interrupt():
    from django.contrib.messages import ERROR, SUCCESS
    from django.contrib.messages.storage.base import Message

    said = [Message(SUCCESS, "Déplacé à 14:30"), Message(ERROR, "Refusé : occupé")]
    with translation.override("fr"):
        drawn = render_to_string("frame/messages.html", {"messages": said})
    assert 'id="toasts" role="status"' in drawn
    assert '<p class="toast">Déplacé à 14:30</p>' in drawn
    assert '<div class="note alarm" role="alert">' in drawn


@pytest.mark.parametrize("role", ["nobody", "..", "base"])
def test_an_unknown_role_has_no_guide(role):
    from django.http import Http404

    from versants.core.web.views import guide

    with pytest.raises(Http404):
        guide(RequestFactory().get("/help/x/"), role)


def test_a_guide_is_looked_for_in_the_readers_language_then_in_french(monkeypatch):
    from versants.core.web import views

    asked = []

    def select(names):
        asked.extend(names)
        return SimpleNamespace(render=lambda values, request: f"guide of {values['role'].value}")

    monkeypatch.setattr(views, "select_template", select)
    with translation.override("nl"):
        response = views.guide(RequestFactory().get("/help/desk/"), "desk")
    assert asked == ["help/desk.nl.html", "help/desk.fr.html"]
    assert response.content == b"guide of desk"


def test_a_job_in_progress_asks_again_and_a_finished_one_does_not():
    job = SimpleNamespace(uid="j", progress_pct=40, state="running", is_over=False, result_url="")
    with translation.override("fr"):
        running = render_to_string(
            "components/progress.html", {"job": job, "title": "Planifier", "poll_url": "/jobs/j/"}
        )
        job.state, job.is_over, job.result_url = "done", True, "/plans/p/"
        over = render_to_string(
            "components/progress.html", {"job": job, "title": "Planifier", "poll_url": "/jobs/j/"}
        )
    assert 'hx-get="/jobs/j/"' in running
    assert "Vous pouvez quitter la page." in running
    assert "hx-get" not in over
    assert 'href="/plans/p/">Voir le résultat' in over


_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")


def _seen_and_spoken(html: str) -> list[str]:
    """Texts between tags, and what a screen reader says of attributes; elements of another language left out."""
    html = re.sub(r'<(\w+)[^>]*\blang="(?!ar)[^"]*"[^>]*>.*?</\1>', "", html, flags=re.S)
    spoken = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', html)
    return [unescape(text) for text in [*re.findall(r">([^<]+)<", html), *spoken]]


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_arabic_side_of_a_sample_is_arabic_through_and_through(rf, language):
    with translation.override(language):
        drawn = [(str(one.title), str(one.ar)) for one in samples(rf.get("/components/")) if one.ar]
    strange = {
        title: found for title, ar in drawn if (found := _LATIN.findall(" ".join(_seen_and_spoken(ar))))
    }
    assert len(drawn) >= 15
    assert strange == {}
