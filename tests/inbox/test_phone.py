"""A request heard by telephone: places as they are typed, what each urgency must say, one request per form."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.world import actor
from versants.core.access.scope import acting
from versants.core.crypto import vault
from versants.mobile.models import Request, RequestNote, RequestPerson
from versants.mobile.services import asking_places, matters

URL = "/requests/new/"
HEARD = {
    "place": "refuge",
    "urgency": "urgent",
    "language": "tir",
    "callback_phone": "056 00 24 10",
    "audience": "person",
    "n_people": "1",
    "agreement": "agrees",
    "summary": "ne dort plus",
}


@pytest.fixture
def client(world, client_for):
    return client_for(world.coordinator, "en")


def send(client, **changes):
    return client.post(URL, {"uid": str(uuid.uuid4())} | HEARD | changes)


def test_what_was_heard_becomes_a_request_of_the_team(world, client):
    answer = send(
        client, second_language="amh", person_codes=world.person.code.lower(), callback_who="night desk"
    )
    request = Request.objects.get()
    assert answer["Location"] == f"/requests/{request.uid}/"
    assert (request.team, request.site, request.channel) == (world.walloon, world.refuge, "phone")
    matter = matters.of(request)
    assert (request.urgency, matter.agreement, matter.danger) == ("urgent", "agrees", "")
    assert [one.language_id for one in request.languages.all()] == ["tir", "amh"]
    assert RequestPerson.objects.get().person == world.person
    with acting(actor(world.coordinator)):
        note = RequestNote.objects.select_related("key").get()
        assert vault.read(note, "summary") == "ne dort plus"
        assert vault.read(note, "callback_who") == "night desk"


def test_sent_twice_it_is_one_request(client):
    uid = str(uuid.uuid4())
    first, second = send(client, uid=uid), send(client, uid=uid)
    assert first["Location"] == second["Location"]
    assert Request.objects.count() == 1
    other = send(client, uid=uid, language="amh")
    assert other.status_code == 409
    assert "This request was sent already, with other answers." in other.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"place": ""}, "An answer is missing here."),
        ({"place": "zzyzx"}, "No place of the three territories is called so."),
        ({"urgency": "crisis"}, "In a crisis, ask this."),
        (
            {"urgency": "crisis", "danger": "unknown", "callback_phone": ""},
            "Leave a number where somebody picks up.",
        ),
        (
            {"urgency": "crisis", "danger": "unknown", "callback_phone": "the desk"},
            "Leave a number where somebody",
        ),
        ({"agreement": ""}, "Say what the person knows of this request."),
        ({"agreement": "not_yet"}, "If the person was not asked yet, say why in a few words."),
        ({"person_codes": "V7K4-2M9A"}, "One letter is wrong here, or two have changed places."),
        ({"language": "xxx"}, "Select a valid choice."),
        ({"n_people": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(client, changes, sentence):
    answer = send(client, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "ne dort plus" in page
    assert Request.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"urgency": "crisis", "danger": "now", "agreement": ""},
        {"urgency": "planned", "callback_phone": ""},
        {"audience": "staff", "agreement": ""},
        {"language": ""},
    ],
)
def test_each_urgency_asks_no_more_than_it_needs(client, changes):
    assert send(client, **changes).status_code == 302
    assert Request.objects.count() == 1


def test_words_that_seem_to_name_somebody_are_asked_about_once(client):
    uid = str(uuid.uuid4())
    answer = send(client, uid=uid, summary="elle s’appelle Zzcanari")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Is there a name, a date or a number in your words?" in page
    assert Request.objects.count() == 0
    assert send(client, uid=uid, summary="elle s’appelle Zzcanari", warned="1").status_code == 302


def test_several_places_are_put_to_the_choice(world, client):
    answer = send(client, place="mouscron")
    page = answer.content.decode()
    assert "Several places fit. Choose one." in page
    keys = re.findall(r'name="place_key" value="([^"]+)"', page)
    assert keys == [f"site:{world.refuge.uid}", "commune:BE-57096"]
    assert send(client, place="mouscron", place_key="commune:BE-57096").status_code == 302
    request = Request.objects.get()
    assert (request.site, request.elsewhere_id) == (None, "BE-57096")


@pytest.mark.parametrize(
    "typed", ["refuge", "Le Refuge", "le refuge mouscron", "Le Refuge, Mouscron (BE)", "refuge moeskroen"]
)
def test_a_site_is_found_as_it_is_typed(world, typed):
    place, could_be = asking_places.resolve(typed)
    assert place is not None
    assert place.site == world.refuge
    assert could_be == []


def test_a_label_that_was_offered_is_understood(world):
    for offered in asking_places.find("mouscron"):
        place, _could_be = asking_places.resolve(offered.label)
        assert place is not None
        assert place.key == offered.key


@pytest.mark.parametrize(
    ("typed", "uid"), [("tourcoing", "FR-59599"), ("8930", "BE-34027"), ("Menin", "BE-34027")]
)
def test_a_commune_is_found_by_name_or_postal_code(world, typed, uid):
    assert f"commune:{uid}" in {place.key for place in asking_places.find(typed)}


def test_suggestions_are_public_places(world, client):
    page = client.get("/requests/places/?place=refuge").content.decode()
    assert page.strip() == '<option value="Le Refuge, Mouscron (BE)"></option>'
    assert client.get("/requests/places/?place=").content.decode().strip() == ""


@pytest.mark.parametrize("role", ["desk", "interpreter", "requester", "officer"])
def test_only_teams_enter_requests(world, client_for, role):
    member = getattr(world, role)
    assert client_for(member).get(URL).status_code == 403
    assert client_for(member).post(URL, HEARD).status_code == 403
    assert Request.objects.count() == 0


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Qu’entendez-vous"), ("nl", "Wat hoort u?"), ("en", "What do you hear?")]
)
def test_the_form_speaks_the_reader_s_language(world, client_for, language, title):
    page = client_for(world.clinician, language).get(URL).content.decode()
    assert f"<h1>{title}" in page
    assert "checked" not in page
