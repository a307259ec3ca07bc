"""The pages on the whole stack: middleware, session, database, a signed-in reader."""

import pytest

from tests.world import make_membership

PUBLIC = [
    "/components/",
    "/accessibility/",
    "/privacy/",
    "/legal/",
    "/account/login/",
    "/account/password/reset/",
]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_public_pages_open_to_anybody(client_for, language):
    client = client_for(language=language)
    for path in PUBLIC:
        response = client.get(path)
        assert response.status_code == 200, path
        page = response.content.decode()
        assert f'<html lang="{language}" dir="ltr">' in page
        # the skip link is on every page: in English it may stand on English pages only
        assert "Go to the content" not in page or language == "en"


@pytest.mark.django_db
def test_policy_of_pages_forbids_styles_and_foreign_places(client_for):
    policy = client_for().get("/components/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.django_db
def test_errors_of_the_stack_have_pages(client_for):
    client = client_for()
    assert "Il n’y a rien à cette adresse" in client.get("/no/such/").content.decode()
    refused = client.post("/components/")
    assert refused.status_code == 405
    assert refused["Allow"] == "GET, HEAD"
    assert "Cette page s’ouvre autrement" in refused.content.decode()
    assert client.get("/help/nobody/").status_code == 404


def test_a_reader_acts_under_one_membership_and_switches(world, client_for):
    second = make_membership(world.coordinator.account, world.house_fr, "clinician", None)
    client = client_for(world.coordinator)
    page = client.get("/legal/").content.decode()
    assert "<b>Camille Delattre</b><span>Coordination, " in page
    assert f'name="membership" value="{world.coordinator.uid}" aria-current="true"' in page
    assert f'name="membership" value="{second.uid}"' in page
    client.post("/membership/", {"membership": str(second.uid), "next": "/legal/"})
    page = client.get("/legal/").content.decode()
    assert f'name="membership" value="{second.uid}" aria-current="true"' in page


def test_the_frame_costs_no_query_of_its_own(world, client_for, django_assert_max_num_queries):
    client = client_for(world.coordinator)
    client.get("/legal/")
    # session, account, memberships, scope (savepoints and settings): nothing grows with the pages shown in the menu
    with django_assert_max_num_queries(12):
        client.get("/legal/")


def test_language_is_remembered_by_a_post_only(world, client_for):
    client = client_for(world.coordinator)
    assert client.get("/i18n/setlang/?language=nl").status_code in {302, 405}
    assert 'lang="fr"' in client.get("/legal/").content.decode()
    client.post("/i18n/setlang/", {"language": "nl", "next": "/legal/"})
    assert '<html lang="nl"' in client.get("/legal/").content.decode()


@pytest.mark.django_db
def test_a_wrong_password_keeps_the_address_and_says_so(client_for):
    response = client_for().post(
        "/account/login/", {"login": "camille@example.org", "password": "wrong-wrong-wrong"}
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="camille@example.org"' in page
    assert 'role="alert"' in page
    assert "wrong-wrong-wrong" not in page


def test_signed_in_pages_of_the_account_follow_the_look(world, client_for):
    client = client_for(world.coordinator)
    for path in ("/account/logout/", "/account/password/change/", "/account/2fa/"):
        response = client.get(path, follow=True)
        assert response.status_code == 200, path
        page = response.content.decode()
        assert 'class="mast"' in page, path
        assert 'class="row' in page, path
