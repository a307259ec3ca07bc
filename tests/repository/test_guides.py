"""The guide of each role: there in three languages, and every page it points to opens for that role."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.repository.files import ROOT
from versants.core.access.classes import Role

LANGUAGES = ("fr", "nl", "en")
FOLDER = ROOT / "versants/core/templates/help"
GUIDES = sorted(path for path in FOLDER.glob("*.html") if not path.name.startswith("_"))
MEMBER = {
    Role.PROGRAMME_OFFICER: "officer",
    Role.LEAD_AUTHORITY: "authority_member",
}


class Main(HTMLParser):
    """The text and the links inside <main>."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.inside = self.inside or tag == "main"
        if tag == "a" and self.inside:
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag):
        if tag == "main":
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.words.append(data)


def read(response) -> Main:
    page = Main()
    page.feed(response.content.decode())
    return page


def test_each_role_has_its_guide_in_three_languages_and_no_other_file_is_there():
    expected = {f"{role.value}.{language}.html" for role in Role for language in LANGUAGES}
    assert {path.name for path in GUIDES} == expected


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_guide_reads_in_each_language_and_points_to_the_same_pages(db, role):
    links = []
    for language in LANGUAGES:
        client = Client(headers={"accept-language": language})
        client.cookies["versants_language"] = language
        response = client.get(f"/help/{role.value}/")
        assert response.status_code == 200
        assert f'<html lang="{language}"' in response.content.decode()
        page = read(response)
        text = " ".join(page.words)
        template = (FOLDER / f"{role.value}.{language}.html").read_text()
        block = re.search(r"block begin %}(.*?){% endblock", template, re.S)[1]
        opening = max(re.split(r"<[^>]+>|{%.*?%}", block), key=len)
        assert response.content.decode().count(opening) == 1, "a block of the frame has the same name"
        assert len(text.split()) > 120
        links.append(page.links)
    assert links[0] == links[1] == links[2]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_every_page_the_guide_points_to_opens_for_its_role(world, client_for, role):
    member = getattr(world, MEMBER.get(role, role.value))
    assert member.role == role
    client = client_for(member)
    for link in read(client.get(f"/help/{role.value}/")).links:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_guide_calls_pages_as_the_masthead_does(path):
    """A link to a page of the masthead takes its word from the same catalogue."""
    from versants.core.registries import nav

    words = {entry.url_name: entry.label._args[0] for entry in nav}
    for name, label in re.findall(r"""href="{% url '(\w+)' %}">(.*?)</a>""", path.read_text()):
        if name in words:
            assert label == f'{{% trans "{words[name]}" %}}'


def test_no_guide_for_what_is_no_role(db):
    assert Client().get("/help/nobody/").status_code == 404
    assert Client().get("/help/_guide/").status_code == 404


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_guide_says_vous_and_u_and_is_spaced_as_its_language_asks(path):
    text = re.sub(r"{%.*?%}|<[^>]+>", " ", path.read_text())
    if path.name.endswith(".fr.html"):
        assert not re.search(r"\b(tu|ton|tes|toi)\b", text, re.I)
        assert not re.search(r"[\w»)] ?[?!;]", text.replace("\u202f", "~")), (
            "a narrow no-break space before ? ! ;"
        )
        assert not re.search(r"« |\u0020»|« ", text), "no-break spaces inside « »"
    if path.name.endswith(".nl.html"):
        assert not re.search(r"\b(je|jij|jou|jouw)\b", text, re.I)
    assert "'" not in text, "a typographic apostrophe"
    assert "!" not in text
