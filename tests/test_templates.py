"""Templates hold to the content security policy and to autoescaping: no script, no style, no handler, every value quoted."""

import re

import pytest

from tests import sources
from tests.sources import ROOT

_COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?%\}.*?\{% endcomment %\}|<!--.*?-->", re.DOTALL)
_TOKEN = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"<([a-zA-Z][\w:-]*)((?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_GUARDED = re.compile(r"\.(deals|activities|leads|leads_owned|accounts|credits|events)\.(all|count|first|last)\b")


def faults(source: str) -> list[str]:
    """What a template does that the policy forbids, each with its line."""
    text = _COMMENT.sub(lambda match: "\n" * match.group().count("\n"), source)
    found = [f"line {_line(text, match.start())}: {why}" for match, why in (*_in_tags(text), *_in_tokens(source, text))]
    return sorted(found)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _blanked(match: re.Match) -> str:
    """A token as one mark of its length, so that positions stay."""
    lines = match.group().count("\n")
    return "\ue000" * (len(match.group()) - lines) + "\n" * lines


def _in_tags(text: str):
    for match in _TAG.finditer(_TOKEN.sub(_blanked, text)):
        tag, attributes = match.group(1).lower(), match.group(2)
        bare = _QUOTED.sub('""', attributes)
        if re.search(r"=\s*[^\s\"'>]", bare):
            yield match, "an attribute without quotes"
        names = {name.lower() for name in re.findall(r"([\w:.@-]+)\s*=", bare)}
        if "style" in names:
            yield match, "style="
        if handlers := {name for name in names if re.match(r"on[a-z]|hx-on|data-hx-on|x-|@", name)}:
            yield match, f"{min(handlers)}="
        if tag == "script" and "src" not in names and "application/json" not in attributes:
            yield match, "an inline script"
        if tag == "style":
            yield match, "an inline style sheet"
        if re.search(r"javascript:", attributes, re.IGNORECASE):
            yield match, "a javascript: address"
        if tag == "form" and re.search(r"method\s*=\s*[\"']post", attributes, re.IGNORECASE):
            end = text.find("</form", match.end())
            if not re.search(r"csrf_token|csrf_input|\{% crispy", text[match.start() : end]):
                yield match, "a form without csrf_token"


def _in_tokens(source: str, text: str):
    """`safe` and its like need a reason beside them: {# safe: why #}."""
    lines = source.splitlines()
    for match in re.finditer(r"\|\s*(?:safe|safeseq)\b|\{% autoescape off|\{% filter safe", text):
        line = _line(text, match.start())
        if "{# safe:" not in "\n".join(lines[max(line - 2, 0) : line]):
            yield match, "safe without a reason"
    for match in re.finditer(r"hx-(?:vals|headers)='?\"?\{(?!\{|%)[^}]*\{\{", text):
        yield match, "a value written into JSON by hand"
    for match in _GUARDED.finditer(text):
        yield match, f"{match.group()} passes by no visibility word"


@pytest.mark.parametrize("path", sources.files(".html"), ids=lambda path: str(path.relative_to(ROOT)))
def test_template_is_safe(path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("planted", "why"),
    [
        ("<a href={{ url }}>", "without quotes"),
        ('<a href="{% url "x" %}" class={% if a %}b{% endif %}>', "without quotes"),
        ('<p style="color:red">', "style="),
        ('<p onclick="x()">', "onclick="),
        ('<p hx-on:click="x()">', "hx-on:click="),
        ("<script>go()</script>", "inline script"),
        ("<style>p{}</style>", "inline style sheet"),
        ('<a href="javascript:x()">', "javascript:"),
        ("{{ text|safe }}", "safe without a reason"),
        ('<form method="post"></form>', "csrf_token"),
        ("""<p hx-vals='{"a": "{{ a }}"}'>""", "by hand"),
        ("{% for deal in account.deals.all %}", "visibility"),
    ],
)
def test_a_fault_is_caught(planted, why):
    assert [fault for fault in faults(planted) if why in fault]


@pytest.mark.parametrize(
    "planted",
    [
        '<a href="{% url "x" a=1 %}?q={{ q }}" {% if on %}aria-current="page"{% endif %} hidden>',
        "{# safe: made of numbers by lib/marks.py #}\n{{ svg|safe }}",
        '<script src="{% static "js/app.js" %}" type="module" nonce="{{ nonce }}"></script>',
        '<form method="get"></form><form method="post">{% csrf_token %}</form>',
        "<p hx-vals='{{ values|json }}'>a = b</p>",
    ],
)
def test_a_sound_template_passes(planted):
    assert faults(planted) == []
