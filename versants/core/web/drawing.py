"""What stands many times on a page, written without a template for each: the parts of forms, the options of a filter.

The marks are those of ``templates/django``. A page with four small forms went through some eighty templates for them, a
quarter of its time. What is rare (errors, a widget with a template of its own) still goes through its template; a test
compares both ways of writing.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.forms.renderers import TemplatesSetting
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.translation import gettext as _

_SOME_UID = UUID(int=0)
_PLAIN = "hidden checkbox radio"  # types of input that wear no class of the sheet


def escape(value: Any) -> str:
    """Django's ``escape`` of what is known to be text, at once: the lazy one is asked two thousand times a page."""
    return html.escape(str(value))


def said(value: Any) -> str:
    """What ``{{ value }}`` writes."""
    if type(value) is str:
        return html.escape(value)
    if isinstance(value, Promise):
        return said(str(value))  # one that stands for marks comes out as such
    return str(conditional_escape(localize(value)))


def addresses(name: str, sample: Any = _SOME_UID) -> Callable[[Any], str]:
    """``reverse`` of an address with one part, asked once for a whole list. ``sample``: a part of that kind."""
    one = str(sample)
    found = reverse(name, args=[sample])
    return lambda part: found.replace(one, str(part))


def choices(pairs: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:
    """Options of a filter, the chosen one selected."""
    told = tuple((value, str(label) if isinstance(label, Promise) else label) for value, label in pairs)
    if all(type(value) is str and type(label) is str for value, label in told):
        return mark_safe(_plain_options(told, chosen))
    return mark_safe("".join(_option(value, label, chosen) for value, label in told))


def _option(value: Any, label: Any, chosen: Any) -> str:
    return f'<option value="{said(value)}"{" selected" if value == chosen else ""}>{said(label)}</option>'


@lru_cache(maxsize=256)  # the languages, some two hundred, stand over most lists
def _plain_options(told: tuple[tuple[str, str], ...], chosen: Any) -> str:
    return "".join(_option(value, label, chosen) for value, label in told)


def _as_text(value: Any) -> str:
    """What ``{{ value|stringformat:"s" }}`` writes."""
    return str(value) if isinstance(value, SafeData) else escape(str(value))


def _attrs(attrs: Mapping[str, Any], but: str = "") -> str:
    return "".join(
        f" {escape(name)}" if value is True else f' {escape(name)}="{_as_text(value)}"'
        for name, value in attrs.items()
        if value is not False and name != but
    )


def _value(widget: Mapping[str, Any]) -> str:
    value = widget.get("value")
    return "" if value is None else f' value="{_as_text(value)}"'


def _input(widget: Mapping[str, Any]) -> str:
    attrs = widget["attrs"]
    wears = "" if attrs.get("class") or widget["type"] in _PLAIN else ' class="input"'
    kind, name = said(widget["type"]), said(widget["name"])
    return f'<input type="{kind}" name="{name}"{_value(widget)}{wears}{_attrs(attrs)}>'


def _choice(widget: Mapping[str, Any]) -> str:
    attrs = widget["attrs"]
    kind, name = said(widget["type"]), said(widget["name"])
    box = f'<input type="{kind}" name="{name}"{_value(widget)}{_attrs(attrs, "class")}>'
    if not widget.get("wrap_label"):
        return box
    names = f' for="{said(attrs["id"])}"' if attrs.get("id") else ""
    return f'<label class="choice"{names}>{box}<span>{conditional_escape(widget["label"])}</span></label>'


def options(groups: Any) -> SafeString:
    """The options of a select, from its widget's ``optgroups``: a page asks for a language among two hundred."""
    parts = []
    for name, choices, _index in groups:
        parts.append(f'<optgroup label="{said(name)}">' if name else "")
        for one in choices:
            attrs = _attrs(one["attrs"])
            parts.append(f'<option value="{_as_text(one["value"])}"{attrs}>{said(one["label"])}</option>')
        parts.append("</optgroup>" if name else "")
    return mark_safe("".join(parts))


def _select(widget: Mapping[str, Any]) -> str:
    attrs = widget["attrs"]
    wears = "" if attrs.get("class") else ' class="input"'
    return (
        f'<select name="{said(widget["name"])}"{wears}{_attrs(attrs)}>{options(widget["optgroups"])}</select>'
    )


class FormRenderer(TemplatesSetting):
    """Draws the parts it knows and leaves the others to their templates."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        draw = DRAWN.get(template_name)
        drawn = draw(self, context) if draw is not None else None
        if drawn is None:
            return mark_safe(super().render(template_name, context, request))
        return mark_safe(drawn.strip())  # every part of it was escaped above

    def _rows(self, context: dict[str, Any]) -> str:
        widget = context["widget"]
        attrs = widget["attrs"]
        names = f' id="{said(attrs["id"])}"' if attrs.get("id") else ""
        wears = f" {said(attrs['class'])}" if attrs.get("class") else ""
        parts = [f'<div{names} class="choices{wears}">']
        for group, choices, _index in widget["optgroups"]:
            if group:
                parts.append(f'<p class="label">{said(group)}</p>')
            parts.extend(self.render(one["template_name"], {"widget": one}) + "\n\n" for one in choices)
        parts.append("</div>")
        return "".join(parts)

    def _field(self, context: dict[str, Any]) -> str | None:
        field = context["field"]
        if field.errors:
            return None
        kind = getattr(field.field.widget, "input_type", None)
        label, hint = field.label, field.help_text
        if kind == "checkbox" and not field.use_fieldset:
            small = f'<small id="{said(field.auto_id)}_helptext">{said(hint)}</small>' if hint else ""
            return f'<label class="choice">{field}<span>{said(label)}{small}</span></label>'
        free = "" if field.field.required else f' <span class="opt">{escape(_("optional"))}</span>'
        told = f'<p class="hint" id="{said(field.auto_id)}_helptext">{said(hint)}</p>' if hint else ""
        if field.use_fieldset:
            by = field.aria_describedby
            tied = f' aria-describedby="{said(by)}"' if by else ""
            legend = f"<legend>{said(label)}{free}</legend>" if label else ""
            return f"<fieldset{tied}>{legend}{told}{field}</fieldset>"
        target = field.id_for_label
        names = f' for="{said(target)}"' if target else ""
        title = f"<label{names}>{said(label)}{free}</label>" if label else ""
        return f"{title}{told}{field}"

    def _form(self, context: dict[str, Any]) -> str | None:
        if context["errors"] or any(errors for _field, errors in context["fields"]):
            return None
        parts = [str(field) for field in context["hidden_fields"]]
        for field, _errors in context["fields"]:
            classes = field.css_classes()
            wears = f" {said(classes)}" if classes else ""
            parts.append(f'<div class="field{wears}">{field.as_field_group()}</div>')
        return "".join(parts)


_WIDGETS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    **dict.fromkeys(
        ("text", "number", "email", "url", "tel", "date", "time", "hidden", "password", "checkbox", "input"),
        _input,
    ),
    **dict.fromkeys(("input_option", "radio_option", "checkbox_option"), _choice),
    "select": _select,
}


def _drawer(draw: Callable[[Mapping[str, Any]], str]) -> Callable[[FormRenderer, dict[str, Any]], str | None]:
    return lambda _renderer, context: draw(context["widget"])


DRAWN: dict[str, Callable[[FormRenderer, dict[str, Any]], str | None]] = {
    **{f"django/forms/widgets/{name}.html": _drawer(draw) for name, draw in _WIDGETS.items()},
    **{
        f"django/forms/widgets/{name}.html": FormRenderer._rows
        for name in ("radio", "checkbox_select", "multiple_input")
    },
    "django/forms/field.html": FormRenderer._field,
    "django/forms/div.html": FormRenderer._form,
    "django/forms/errors/list/ul.html": lambda _renderer, context: None if context["errors"] else "",
}
