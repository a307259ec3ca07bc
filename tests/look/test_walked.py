"""Every page that a browser may open is in the walk of ``make look``, or is named as excepted with its reason."""

from docs import look, look_pages
from versants.core.management.commands.access_matrix import matrix
from versants.core.web.addresses import addresses


def _openable() -> set[str]:
    """Routes that GET may open to anybody, whatever it takes."""
    return {row["url"] for row in matrix() if row["method"] == "GET"}


def test_every_page_is_walked_or_excepted_with_a_reason():
    blanks = look_pages.LINKED | look_pages.MADE
    named = blanks | look_pages.EXCEPTED.keys()
    assert [route for route in _openable() if not look_pages.is_plain(route) and route not in named] == []
    assert all(look_pages.EXCEPTED.values())
    assert not blanks & look_pages.EXCEPTED.keys()
    assert not look_pages.LINKED & look_pages.MADE


def test_the_walk_starts_from_every_page_that_is_not_excepted():
    assert look._routes(matrix()).keys() == _openable() - look_pages.EXCEPTED.keys()


def test_nothing_is_named_that_is_no_address_any_more():
    routes = {address.route for address in addresses()}
    named = look_pages.LINKED | look_pages.MADE | look_pages.EXCEPTED.keys() | look_pages.GRANTED.keys()
    assert sorted(named - routes) == []


def test_an_address_finds_its_route_before_one_with_a_blank():
    routes = look._routes(matrix())
    assert look._route_of("/people/opened/", routes) == "/people/opened/"
    assert look._route_of("/people/V9D3-4R8H/", routes) == "/people/<str:code>/"


def test_a_page_that_answers_otherwise_is_not_walked():
    def seen(route, status):
        return look.Seen(route, "administrator", route, "main", status)

    routes = {
        route: {"administrator"} for route in ("/a/", "/b/", "/account/back/<str:token>/", "/error-404/")
    }
    walked = [
        seen("/a/", 200),
        seen("/b/", 404),
        seen("/account/back/<str:token>/", 410),
        seen("/error-404/", 404),
    ]
    assert look._missed(routes, walked) == {"/b/": {"administrator"}}
    assert look._missed(routes, [*walked, seen("/b/", 200)]) == {}
    assert not look_pages.is_expected("/a/", 500)


def test_a_status_is_expected_of_pages_that_are_walked():
    assert look_pages.STATUS.keys() <= look_pages.LINKED | look_pages.MADE


def test_two_pages_of_one_address_and_role_have_pictures_of_their_own():
    pages = [look.Seen("/imports/<uuid:uid>/", "desk", f"/imports/{n}/", "", 200) for n in range(2)]
    names = [look._name(one) for one in pages]
    assert len(set(names)) == 2
    assert all(name.startswith("imports-uuid-uid") and name.endswith(".desk") for name in names)
