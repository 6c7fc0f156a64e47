"""What search engines and other sites are told about an article."""

import json
import re

import pytest
from django.core.files.base import ContentFile

from articles.models import Tag
from articles.pictures.drawing import Draftsman

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
HOSTILE = 'Ends </script><script>alert(1)</script> & "quoted" <!-- \u2028'


def graph(client, address):
    page = client.get(address).content.decode()
    # What readers said follows in a script of its own: tests/comments/test_structured.py.
    text = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[0]
    return {node["@type"]: node for node in json.loads(text)["@graph"]}, text


def test_an_article_says_what_it_is(client, make_article, make_comment):
    article = make_article("Chips", tags=["margins"])
    ticker = Tag.objects.create(
        name="Nvidia", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    article.tags.add(ticker)
    make_comment("One.", article=article)
    make_comment("Held.", article=article, status="pending")
    nodes, _text = graph(client, "/articles/chips/")
    told = nodes["Article"]
    assert told["headline"] == "Chips"
    assert told["@id"] == "http://testserver/articles/chips/"
    published = article.published_at.isoformat(timespec="seconds")
    assert told["datePublished"] == told["dateModified"] == published
    assert told["author"]["name"] == "Ines Halvorsen"
    assert told["author"]["url"] == "http://testserver/authors/ines-halvorsen/"
    assert told["commentCount"] == 1
    assert told["about"] == [
        {
            "@type": "Corporation",
            "name": "Nvidia",
            "tickerSymbol": "NASDAQ:NVDA",
            "url": "http://testserver/tickers/NVDA/",
        }
    ]
    assert "image" not in told
    trail = nodes["BreadcrumbList"]["itemListElement"]
    assert [step["name"] for step in trail] == ["Articles", "Chips"]


def test_nothing_in_an_article_ends_the_element(client, make_article):
    make_article(HOSTILE, slug="hostile", summary=HOSTILE)
    nodes, text = graph(client, "/articles/hostile/")
    assert nodes["Article"]["headline"] == HOSTILE
    assert not set(text) & set("<>&\u2028\u2029")


def test_it_costs_no_query(client, make_article, count_queries):
    plain = make_article("Plain", tags=["margins"])
    from articles.models import Article
    from articles.structured import json_ld

    rows = Article.objects.select_related("author")
    read = rows.prefetch_related("tags", "disclosures__ticker").get(pk=plain.pk)
    assert count_queries(json_ld, read) == []


def test_pictures_are_told_with_their_sizes(client, make_article, make_picture):
    article = make_article("Chips", picture=make_picture(), picture_alt="A chart")
    Draftsman().run(once=True)
    article.refresh_from_db()
    picture, card = graph(client, "/articles/chips/")[0]["Article"]["image"]
    assert picture == {
        "@type": "ImageObject",
        "url": f"http://testserver{article.picture.url}",
        "width": 40,
        "height": 30,
        "caption": "A chart",
    }
    assert card["url"] == f"http://testserver/media/{article.share_picture}"
    assert (card["width"], card["height"], card["caption"]) == (1200, 630, "Chips")


def test_other_sites_get_a_card(client, make_article, settings, tmp_path, make_picture):
    settings.MEDIA_ROOT = tmp_path
    make_article("Plain")
    page = client.get("/articles/plain/").content.decode()
    assert '<meta name="twitter:card" content="summary">' in page
    assert "og:image" not in page
    picture = ContentFile(make_picture().read(), "chart.jpg")
    article = make_article("Drawn", picture=picture, picture_alt='A "chart"')
    page = client.get("/articles/drawn/").content.decode()
    assert '<meta name="twitter:card" content="summary_large_image">' in page
    assert f'content="http://testserver{article.picture.url}"' in page
    assert '<meta property="og:image:width" content="40">' in page
    assert 'content="A &quot;chart&quot;"' in page
    assert '<meta property="og:url" content="http://testserver/articles/drawn/">' in page
