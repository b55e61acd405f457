"""The Indonesian catalogue says everything that the source says, with the same placeholders, and nothing else."""

import re

import pytest
from babel.messages.catalog import Message
from django.utils import translation

from salesteam.assets import build_translations, stale_translations
from scripts import messages

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
_TAG = re.compile(r"</?[a-z]+[^>]*>")


def key(message: Message) -> tuple[str, str | None]:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


@pytest.fixture(scope="module", params=messages.LANGUAGES)
def catalogue(request):
    return messages.messages(messages.read_catalogue(request.param))


def test_every_string_is_in_the_catalogue_and_none_besides(catalogue):
    wanted = {key(message) for message in messages.messages(messages.template())}
    found = {key(message) for message in catalogue}
    assert wanted - found == set(), "Run `make messages` and translate what is new."
    assert found - wanted == set(), "Run `make messages`: these are no longer said."


def test_every_string_is_translated(catalogue):
    assert [key(message)[0] for message in catalogue if not messages.is_translated(message)] == []


def test_no_translation_is_a_guess(catalogue):
    assert [key(message)[0] for message in catalogue if message.fuzzy] == []


@pytest.mark.parametrize("pattern", [_PLACEHOLDER, _TAG], ids=["placeholders", "tags"])
def test_translations_keep(catalogue, pattern):
    wrong = []
    for message in catalogue:
        # With one plural form, that form speaks of any number, as the English plural does.
        source = message.id if isinstance(message.id, str) else message.id[-1]
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = sorted(pattern.findall(source))
        wrong += [f"{source!r} → {string!r}" for string in strings if string and sorted(pattern.findall(string)) != wanted]
    assert wrong == []


def test_translations_keep_outer_blanks(catalogue):
    strings = [(message.id, message.string) for message in catalogue if isinstance(message.id, str) and message.string]
    assert [pair for pair in strings if any((pair[0][at].isspace()) != (pair[1][at].isspace()) for at in (0, -1))] == []


def test_the_compiled_catalogue_is_used():
    build_translations()
    assert stale_translations() == []
    with translation.override("id"):
        assert translation.gettext("Deals") == "Peluang"


def test_templates_and_python_are_read():
    template = """{% load i18n %}
      <p>{% translate 'Hello' %}</p>
      {% blocktranslate trimmed count n=n %} One {% plural %} {{ n }} of
        them {% endblocktranslate %}"""
    found = {item.text for item in messages.read(template, "x.html")}
    assert found == {"Hello", ("One", "%(n)s of them")}
    assert [item.context for item in messages.read("pgettext('week', 'Go')\n_('a' 'b')", "x.py")] == ["week", None]
