"""Error pages: in the reader's language, with what to do, and without database, session or user."""

import json

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpResponse, HttpResponseNotAllowed
from django.test import RequestFactory
from django.utils.translation import gettext_lazy

from versants.core.web import errors

# pytest-django refuses the database to these tests: an error page that opened it would fail here.
STATUSES = [400, 403, 404, 405, 409, 413, 429, 500, 503]


class Untouchable:
    def __getattr__(self, name):
        raise AssertionError(f"an error page asked for {name}")


def request(language="fr", path="/r/SECRETTOKEN/", **headers):
    made = RequestFactory().get(path, headers={"Accept-Language": language, "Accept": "text/html", **headers})
    made.user = made.session = made.membership = Untouchable()
    return made


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_each_error_speaks_its_readers_language(status, language):
    response = errors.render_error(request(language), status)
    page = response.content.decode()
    assert response.status_code == status
    assert response["Content-Language"] == language
    assert f'<html lang="{language}" dir="ltr">' in page
    assert "tel:112" in page
    assert "SECRETTOKEN" not in page
    assert response["Cache-Control"] == "no-store"


def test_every_listed_status_has_a_sentence_and_an_advice():
    assert set(errors.SENTENCES) == set(STATUSES)
    assert len({str(title) for title, _advice in errors.SENTENCES.values()}) == len(STATUSES)


def test_the_cookie_beats_the_browser(settings):
    made = request("nl")
    made.COOKIES[settings.LANGUAGE_COOKIE_NAME] = "fr"
    assert errors.render_error(made, 404)["Content-Language"] == "fr"


def test_a_named_error_keeps_its_sentence_and_french_spaces():
    page = errors.render_error(request(), 409, "visit.taken", message="Déjà prise ? Oui").content.decode()
    assert "Déjà prise\u202f? Oui" in page


def test_machines_get_json():
    response = errors.render_error(request(path="/api/v1/x"), 409, "visit.taken", message="Déjà prise.")
    assert json.loads(response.content) == {"code": "visit.taken", "message": "Déjà prise."}
    asked = errors.render_error(request(Accept="application/json"), 404)
    assert json.loads(asked.content)["code"] == "http.404"


def test_handlers_say_the_rules_sentence_but_never_the_path():
    denied = errors.handler403(
        request(), PermissionDenied(gettext_lazy("This is not open to you"))
    ).content.decode()
    assert "Vous n’y avez pas accès" in denied
    missing = errors.handler404(
        request(), Exception({"tried": [], "path": "r/SECRETTOKEN/"})
    ).content.decode()
    assert "SECRETTOKEN" not in missing
    assert errors.handler400(request(), RequestDataTooBig()).status_code == 413
    assert errors.handler400(request()).status_code == 400
    assert errors.handler429(request())["Retry-After"] == "120"
    assert errors.csrf_failure(request()).status_code == 403


@pytest.mark.parametrize(("language", "kept"), [("fr", "conservé"), ("nl", "bewaard")])
def test_what_was_typed_is_kept_on_the_page_that_says_we_are_away(language, kept):
    sent = {"summary": 'ne dort plus\n"<b>"', "categories": ["sleep", "grief"]}
    made = RequestFactory().post("/r/x/?way=urgent", sent, headers={"accept-language": language})
    page = errors.render_error(made, 503).content.decode()
    assert kept in page
    assert 'action="/r/x/?way=urgent"' in page
    assert "ne dort plus\n&quot;&lt;b&gt;&quot;</textarea>" in page
    assert page.count('name="categories"') == 2
    assert "<textarea" not in errors.render_error(made, 500).content.decode()


def test_a_full_disk_met_by_the_queue_is_a_moment_away_too():
    from psycopg.errors import DiskFull

    def status(error):
        try:
            raise error
        except Exception:
            return errors.handler500(request()).status_code

    wrapped = RuntimeError("the queue")
    wrapped.__cause__ = DiskFull("no space")
    assert status(wrapped) == 503
    assert status(RuntimeError("ours")) == 500


def test_a_password_is_never_written_back():
    made = RequestFactory().post("/account/login/", {"login": "a@example.org", "password": "quatre mots"})
    assert "quatre mots" not in errors.render_error(made, 503).content.decode()


def test_an_unknown_status_uses_the_page_of_its_hundred():
    teapot = errors.render_error(request(), 418)
    assert teapot.status_code == 418
    assert "Cette demande n’a pas pu être lue" in teapot.content.decode()
    assert errors.render_error(request(), 502).status_code == 502


def test_an_empty_refusal_gets_its_page_and_keeps_its_headers():
    page = errors.ErrorPageMiddleware(lambda r: HttpResponseNotAllowed(["GET"]))(request())
    assert page.status_code == 405
    assert page["Allow"] == "GET"
    assert "Cette page s’ouvre autrement" in page.content.decode()
    bare = HttpResponseNotAllowed(["GET"], headers={"Content-Security-Policy": "default-src 'none'"})
    kept = errors.ErrorPageMiddleware(lambda r: bare)(request())
    assert (
        kept["Content-Security-Policy"] == "default-src 'none'"
    )  # what guards the page is no word about its body
    said = HttpResponse("a page of its own", status=409)
    assert errors.ErrorPageMiddleware(lambda r: said)(request()) is said


def test_the_number_to_report_is_shown_for_our_own_faults_only():
    made = request()
    made.request_id = "abc123"
    assert "abc123" in errors.render_error(made, 500).content.decode()
    assert "abc123" not in errors.render_error(made, 404).content.decode()


def test_it_speaks_the_language_the_request_was_found_to_be_in():
    """The account's, where the browser says nothing: the middleware has looked it up by then."""
    made = request("fr")
    made.LANGUAGE_CODE = "nl"
    assert errors.render_error(made, 404)["Content-Language"] == "nl"
    made.LANGUAGE_CODE = "xx"
    assert errors.render_error(made, 404)["Content-Language"] == "fr"


def test_the_advice_about_roles_names_no_menu_the_page_does_not_have():
    page = errors.render_error(request("fr"), 403).content.decode()
    assert "en haut" not in page
    assert "page d’accueil" in page
