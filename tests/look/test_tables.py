"""Lists: an address is a view."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from versants.core.registries import NavEntry, Registry
from versants.core.web.tables import Column, Filter, Table

ROWS = [SimpleNamespace(pk=i, name=f"nom {i}", team=str(i % 2)) for i in range(120)]


def table(query="", rows=ROWS, **fields):
    request = RequestFactory().get(f"/list/?{query}")
    filters = [
        Filter(
            "team",
            "équipe",
            [("", "toutes"), ("0", "zéro"), ("1", "un")],
            lambda r, v: [x for x in r if x.team == v],
        )
    ]
    columns = [
        Column("name", "Nom", sort="name", margin=True),
        Column("team", "Équipe", numeric=True),
    ]
    made = Table(
        request,
        rows,
        id="things",
        columns=columns,
        row_template="tests/row.html",
        filters=filters,
        empty=("Rien encore", "Cela viendra."),
        **fields,
    )
    return request, made


def test_pages_by_address():
    _request, made = table("page=3")
    assert [row.pk for row in made.rows] == list(range(100, 120))
    _request, made = table("page=99")
    assert made.page.number == 3
    _request, made = table("page=x")
    assert made.page.number == 1


def test_filters_by_address_and_ignores_what_is_no_option():
    _request, made = table("team=1")
    assert {row.team for row in made.selection} == {"1"}
    assert made.filtered
    _request, made = table("team=DROP")
    assert len(made.selection) == 120
    assert not made.filtered


def test_sorting_turns_and_is_kept_by_the_filters():
    _request, made = table("sort=name")
    assert (made.columns[0].direction, made.columns[0].next_sort) == ("ascending", "-name")
    _request, made = table("sort=-name")
    assert (made.columns[0].direction, made.columns[0].next_sort) == ("descending", "name")
    assert made.keep == [("sort", "-name")]
    _request, made = table("sort=password")
    assert made.columns[0].direction == ""


def test_querysets_are_sorted_by_column_then_key(django_user_model):
    request = RequestFactory().get("/?sort=-name")
    made = Table(
        request,
        django_user_model.objects.all(),
        id="t",
        columns=[Column("name", "Nom", sort="name")],
        row_template="x",
    )
    assert made.selection.query.order_by == ("-name", "-pk")


def test_empty_lists_teach_and_filtered_ones_say_so():
    request, made = table(rows=[])
    with translation.override("fr"):
        assert "Rien encore" in render_to_string("components/table.html", {"table": made}, request)
        request, made = table("team=1", rows=[])
        drawn = render_to_string("components/table.html", {"table": made}, request)
    assert "Rien ne correspond à ces filtres" in drawn
    assert 'href="/list/"' in drawn


def test_the_filter_form_works_without_a_script():
    request, made = table("team=1&sort=name", rows=[])
    with translation.override("fr"):
        drawn = render_to_string("components/table.html", {"table": made}, request)
    assert '<form class="filters" method="get"' in drawn
    assert '<option value="1" selected>un</option>' in drawn
    assert '<input type="hidden" name="sort" value="name">' in drawn
    assert "<button" in drawn


def test_a_registry_takes_an_entry_once():
    registry = Registry("nav")
    registry.add(NavEntry("b", "B", "b", order=2))
    registry.add(NavEntry("a", "A", "a", order=3))
    registry.add(NavEntry("b", "B", "b", order=2))
    assert [entry.key for entry in registry] == ["b", "a"]
    assert len(registry) == 2
    with pytest.raises(ValueError, match="registered twice"):
        registry.add(NavEntry("b", "other", "b"))
