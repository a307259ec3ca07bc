"""Reading a page of triage as a browser would send it back."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """What a browser would send of the first form that holds triage: every field as it stands, no button."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.select = ""
        self.chosen: str | None = None
        self.first: str | None = None
        self.inside = False

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.inside = a.get("id") == "plan"
        if not self.inside:
            return
        if tag == "input" and a.get("name"):
            if a.get("type") in {"checkbox", "radio"} and "checked" not in a:
                return
            self.sent.append((a["name"], a.get("value") or ("on" if a.get("type") == "checkbox" else "")))
        elif tag == "select":
            self.select, self.chosen, self.first = a["name"], None, None
        elif tag == "option" and self.select:
            self.first = a.get("value", "") if self.first is None else self.first
            if "selected" in a:
                self.chosen = a.get("value", "")

    def handle_endtag(self, tag):
        if tag == "select" and self.select:
            self.sent.append((self.select, self.chosen if self.chosen is not None else (self.first or "")))
            self.select = ""
        if tag == "form":
            self.inside = False


def fields_of(answer) -> dict[str, list[str]]:
    parser = _Fields()
    parser.feed(answer.content.decode())
    found: dict[str, list[str]] = {}
    for name, value in parser.sent:
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(value)
    return found


def counted(django_assert_max_num_queries, ask):
    """The answer of ``ask`` and how many queries it took."""
    with django_assert_max_num_queries(10_000) as seen:
        answer = ask()
    return answer, len(seen.captured_queries)
