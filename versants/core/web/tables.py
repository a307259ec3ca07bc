"""Lists: filters, sorting and paging by GET, so that an address is a view one can keep and send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

PER_PAGE = 50


@dataclass(frozen=True)
class Column:
    """A head. ``sort`` names the ORM field; ``margin`` is the first cell, left of the red line."""

    key: str
    label: Any
    sort: str = ""
    numeric: bool = False
    margin: bool = False
    hidden: bool = False  # the label is for screen readers only
    width: str = ""  # a class of the sheet: w2, w3
    direction: str = ""  # set by the table: ascending, descending
    next_sort: str = ""  # set by the table


@dataclass
class Filter:
    """One choice above a list. Without options it is a search box.

    ``apply(queryset, value)`` narrows; a value that is no option is ignored, so that an old link still opens.
    The first option should have the value "" and say the whole ("all languages"). ``default`` holds when the
    address says nothing.
    """

    name: str
    label: Any
    options: Sequence[tuple[str, Any]] = ()
    apply: Callable[[Any, str], Any] | None = None
    default: str = ""
    value: str = field(default="", init=False)

    def read(self, request: HttpRequest) -> None:
        given = request.GET.get(self.name, self.default).strip()
        if self.options and given not in {value for value, _label in self.options}:
            given = self.default
        self.value = given


class Table:
    """A list ready for ``components/table.html``.

    The queryset comes through ``visible_to``; nothing here opens more. ``sort`` in the address is a column's
    key, with ``-`` for descending; ties end on the primary key so that pages never overlap.
    """

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any] | Sequence[Any],
        *,
        id: str,
        columns: Sequence[Column],
        row_template: str = "",
        draw: Callable[[Any], SafeString] | None = None,
        caption: Any = "",
        caption_hidden: bool = True,
        filters: Sequence[Filter] = (),
        default_sort: str = "",
        per_page: int = PER_PAGE,
        empty: tuple[Any, Any] = ("", ""),
        empty_link: tuple[str, Any] = ("", ""),
        export_url: str = "",
        more_template: str = "",
        close: bool = False,
    ) -> None:
        self.id, self.caption, self.caption_hidden, self.row_template = (
            id,
            caption,
            caption_hidden,
            row_template,
        )
        self._draw = draw  # all rows at once, where a template for each would be most of the page's time
        self.filters, self.export_url = list(filters), export_url
        self.more_template = more_template  # what stands between the rows and the pages
        self.close = close  # on a telephone two lines a row, not a line a cell
        self.empty_title, self.empty_text = empty
        self.empty_url, self.empty_action = empty_link
        self._request, self._queryset, self._per_page = request, queryset, per_page
        for one in self.filters:
            one.read(request)
        self._sort, self._descending = self._read_sort(columns, default_sort)
        self.columns = [self._headed(column) for column in columns]

    def _read_sort(self, columns: Sequence[Column], default: str) -> tuple[Column | None, bool]:
        by_key = {column.key: column for column in columns if column.sort}
        for wish in (self._request.GET.get("sort", ""), default):
            column = by_key.get(wish.removeprefix("-"))
            if column is not None:
                return column, wish.startswith("-")
        return None, False

    def _headed(self, column: Column) -> Column:
        if not column.sort:
            return column
        mine = self._sort is not None and self._sort.key == column.key
        direction = ("descending" if self._descending else "ascending") if mine else ""
        turned = f"-{column.key}" if mine and not self._descending else column.key
        return Column(**{**column.__dict__, "direction": direction, "next_sort": turned})

    @property
    def spine(self) -> bool:
        return any(column.margin for column in self.columns)

    @property
    def filtered(self) -> bool:
        return any(one.value != one.default for one in self.filters)

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What the filter form must not lose: the sorting."""
        sort = self._request.GET.get("sort", "")
        return [("sort", sort)] if sort else []

    @cached_property
    def selection(self) -> Any:
        """All rows after filters and sorting, unpaged: what an export takes."""
        rows = self._queryset
        for one in self.filters:
            if one.value and one.apply is not None:
                rows = one.apply(rows, one.value)
        if isinstance(rows, QuerySet) and self._sort is not None:
            sign = "-" if self._descending else ""
            rows = rows.order_by(f"{sign}{self._sort.sort}", f"{sign}pk")
        return rows

    @cached_property
    def page(self) -> Page[Any]:
        """The page asked for; a number out of range gives the last one."""
        return Paginator(self.selection, self._per_page).get_page(self._request.GET.get("page"))

    @cached_property
    def rows(self) -> list[Any]:
        return list(self.page.object_list)

    @property
    def draws(self) -> bool:
        return self._draw is not None

    @property
    def drawn(self) -> SafeString:
        """The rows, written by ``draw``."""
        assert self._draw is not None
        return self._draw(self.rows)


def options(first: Any, pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Options of a filter: ``first`` says the whole and has no value."""
    return [("", first), *pairs]
