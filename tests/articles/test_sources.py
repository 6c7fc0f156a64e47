"""References lead to the sources of an article, and back."""

import pytest

from articles.editing import links
from articles.html import clean
from articles.sources import anchors, with_sources

ONE = '<sup><a href="#source-1" rel="noopener">[1]</a></sup>'
FIRST = ONE.replace("<a", '<a id="source-1-from"')
LIST = '<ol class="sources"><li>A report</li><li>A filing</li></ol>'
BACK = (
    ' <a class="way-back" href="#source-1-from" aria-label="Back to where source 1 is named">↩</a>'
)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<p>x</p>", "<p>x</p>"),
        # A list of sources that nothing names, and a list like others.
        (
            "<ol><li>x</li></ol>" + LIST,
            '<ol><li>x</li></ol><ol class="sources"><li id="source-1">A report</li>'
            '<li id="source-2">A filing</li></ol>',
        ),
        # The first reference is the one to come back to.
        (
            f"<p>x{ONE} y{ONE}</p>{LIST}",
            f"<p>x{FIRST} y{ONE}</p>"
            f'<ol class="sources"><li id="source-1">A report{BACK}</li>'
            '<li id="source-2">A filing</li></ol>',
        ),
        # What leads nowhere is let be.
        (f"<p>x{ONE}</p>", f"<p>x{ONE}</p>"),
        (
            f'<p><a href="#source-9" rel="noopener">x</a></p>{LIST}',
            '<p><a href="#source-9" rel="noopener">x</a></p><ol class="sources">'
            '<li id="source-1">A report</li><li id="source-2">A filing</li></ol>',
        ),
        # Lists within a source are none of sources; two lists are counted through.
        (
            '<ol class="sources"><li>x<ul><li>y</li></ul></li></ol>'
            '<ol class="sources" lang="de"><li lang="fr">z</li></ol>',
            '<ol class="sources"><li id="source-1">x<ul><li>y</li></ul></li></ol>'
            '<ol class="sources" lang="de"><li id="source-2" lang="fr">z</li></ol>',
        ),
    ],
)
def test_marking(body, shown):
    assert clean(body) == body
    assert with_sources(body) == shown


@pytest.mark.django_db
def test_a_reference_to_no_source_is_a_broken_link():
    body = f'<p>x{ONE} <a href="#source-3">y</a></p>{LIST}'
    assert anchors(body) == {"source-1", "source-2"}
    assert links.broken(body, "slug") == ["#source-3"]


@pytest.mark.django_db
def test_readers_get_there_and_back(client, make_article):
    article = make_article(body=f"<p>x{ONE}</p>{LIST}")
    page = client.get(article.get_absolute_url()).content.decode()
    assert '<li id="source-1">' in page
    assert '<a id="source-1-from" href="#source-1"' in page
    assert "id=" not in article.body
