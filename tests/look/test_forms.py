"""Fields as readers meet them: named, explained, keeping what was typed."""

import pytest
from django import forms
from django.utils import translation
from django.utils.safestring import mark_safe

from versants.core.forms import CheckRows, Day, Hour, Labelled, Phone, Rows


class Ask(forms.Form):
    place = forms.CharField(label="Lieu", help_text="Commune ou nom du centre.")
    day = forms.DateField(label="Jour", widget=Day)
    end = forms.TimeField(label="Fin", widget=Hour, required=False)
    phone = forms.CharField(label="Téléphone", widget=Phone, required=False)
    what = forms.ChoiceField(
        label="Quoi",
        widget=Rows(two=True),
        choices=[("a", Labelled("Dari", "دری", lang="prs")), ("b", "<b>")],
    )
    many = forms.MultipleChoiceField(
        label="Langues", widget=CheckRows, choices=[("x", "X"), ("y", "Y")], required=False
    )
    warn = forms.BooleanField(label="Prévenir", help_text="sans nom", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)

    def clean(self):
        raise forms.ValidationError("Les deux ne vont pas ensemble.")


def drawn(data=None):
    with translation.override("fr"):
        return Ask(data).as_div()


def test_what_was_typed_is_kept_and_the_error_is_tied_to_its_field():
    page = drawn(
        {"place": "", "day": "hier", "note": "Préférer <Selam>", "what": "a", "many": ["y"], "warn": "on"}
    )
    assert 'value="hier"' in page
    assert "Préférer &lt;Selam&gt;" in page
    assert 'id="id_place_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_place_helptext id_place_error"' in page
    assert page.count(" checked") == 3
    assert '<div class="note alarm" role="alert">' in page
    assert "Les deux ne vont pas ensemble." in page


def test_labels_hints_and_what_is_optional():
    page = drawn()
    assert '<label for="id_place">Lieu</label>' in page
    assert '<p class="hint" id="id_place_helptext">Commune ou nom du centre.</p>' in page
    assert '<label for="id_end">Fin <span class="opt">facultatif</span></label>' in page
    assert "<legend>Quoi</legend>" in page


def test_a_choice_may_have_a_second_line_and_is_escaped():
    page = drawn()
    assert '<span>Dari<small lang="prs"><bdi>دری</bdi></small></span>' in page
    assert "<span>&lt;b&gt;</span>" in page
    assert str(Labelled("Dari", "دری")) == "Dari"
    assert '<div id="id_what" class="choices two">' in page


def test_a_lone_box_is_a_row_with_its_hint():
    assert '<span>Prévenir<small id="id_warn_helptext">sans nom</small></span></label>' in drawn()


def test_controls_wear_the_look_and_figures_read_from_the_left():
    page = drawn()
    assert '<input type="date" name="day" class="input short"' in page
    assert '<input type="time" name="end" class="input short" dir="ltr"' in page
    assert '<input type="tel" name="phone" class="input" inputmode="tel" autocomplete="tel" dir="ltr"' in page
    assert '<textarea name="note" class="input"' in page
    assert 'type="hidden" name="secret" id="id_secret"' in page


def test_day_travels_as_iso_whatever_the_language():
    import datetime

    for language in ("fr", "nl", "en"):
        with translation.override(language):
            page = Ask(initial={"day": datetime.date(2026, 11, 24)}).as_div()
        assert 'value="2026-11-24"' in page


def test_options_are_as_a_template_for_each_writes_them():
    from django import forms as django_forms
    from django.template import engines
    from django.utils.translation import gettext_lazy

    choices = [
        ("", gettext_lazy("all languages")),
        (1200, 1200),
        ('a"b', "<b> & 'c'"),
        (None, mark_safe("<i>as it is</i>")),
        ("Group <1>", [("x", "X"), (True, "yes")]),
    ]
    widget = django_forms.Select(choices=choices)
    context = widget.get_context("one", "x", {"id": "id_one"})
    context["widget"]["optgroups"][0][1][0]["attrs"] |= {"disabled": True, "hidden": False, "data-n": 'a"1'}
    slow = engines["django"].from_string(
        '{% for name, group, i in widget.optgroups %}{% if name %}<optgroup label="{{ name }}">{% endif %}'
        "{% for option in group %}{% include option.template_name with widget=option %}{% endfor %}"
        "{% if name %}</optgroup>{% endif %}{% endfor %}"
    )
    fast = engines["django"].from_string("{% options widget.optgroups %}")
    for language in ("fr", "en"):
        with translation.override(language):
            assert fast.render(context) == slow.render(context).replace("\n", "")
    assert " selected>X</option>" in fast.render(context)


class Odd(Ask):
    """Parts that the others leave out."""

    mixed = forms.ChoiceField(
        label=mark_safe("<i>Mixed</i>"),
        widget=Rows,
        help_text="one & all",
        choices=[("Group <1>", [("x", Labelled("X", "<hint>"))]), (7, 1200)],
        required=False,
    )
    bare = forms.IntegerField(
        label="", widget=forms.NumberInput(attrs={"class": "short", "data-n": 'a"1', "hidden": False})
    )
    which = forms.ChoiceField(
        label="Which <one>", choices=[("", "none"), ("Group", [(1, "<b>")])], widget=forms.Select
    )
    secret_word = forms.CharField(label="Word", widget=forms.PasswordInput)
    mail = forms.EmailField(label="Mail", initial="<a@b.test>")
    link = forms.URLField(label="Link", assume_scheme="https", disabled=True)


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
@pytest.mark.parametrize(
    "data", [None, {}, {"place": "<Ypres>", "mixed": "7", "many": ["x", "y"], "bare": "x", "warn": "on"}]
)
def test_forms_are_as_their_templates_write_them(language, data):
    """Drawn in Python as by the templates, with and without errors, whatever has to be escaped."""
    from django.forms.renderers import TemplatesSetting

    from versants.core.web.drawing import FormRenderer

    with translation.override(language):
        drawn, written = (
            Odd(data, renderer=renderer, initial={"place": '"&<', "which": 1}, auto_id=auto_id).as_div()
            for renderer, auto_id in ((FormRenderer(), "a-%s"), (TemplatesSetting(), "a-%s"))
        )
        no_ids = [
            Odd(data, renderer=one(), auto_id=False).as_div() for one in (FormRenderer, TemplatesSetting)
        ]
    assert drawn == written
    assert no_ids[0] == no_ids[1]
    assert "&lt;" in drawn


def test_options_of_a_filter_and_addresses_of_a_list():
    import uuid

    from django.urls import reverse

    from versants.core.web.drawing import addresses, choices

    drawn = choices([("", "all <of them>"), ("fr", "français"), ('a"b', 7)], "fr")
    assert drawn == (
        '<option value="">all &lt;of them&gt;</option><option value="fr" selected>français</option>'
        '<option value="a&quot;b">7</option>'
    )
    address, uid = addresses("request"), uuid.uuid4()
    assert address(uid) == reverse("request", args=[uid])
    assert addresses("person", "V7K4-2M9X")("AAAA-BBBB") == reverse("person", args=["AAAA-BBBB"])


def test_options_of_a_filter_escape_text_and_leave_marks_whatever_was_drawn_before():
    from django.utils.translation import gettext_lazy

    from versants.core.web.drawing import choices

    plain, marked = [("a", "<b>")], [("a", mark_safe("<b>"))]
    for _again in range(2):
        assert choices(plain, "a") == '<option value="a" selected>&lt;b&gt;</option>'
        assert choices(marked, "") == '<option value="a"><b></option>'
    for language, label in (("fr", "Langue"), ("nl", "Taal")):
        with translation.override(language):
            assert choices([("", gettext_lazy("Language"))], "x") == f'<option value="">{label}</option>'
