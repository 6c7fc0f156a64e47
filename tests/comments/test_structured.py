"""The first comments of a page as search engines read them."""

import json
import re

from comments.structured import MOST


def comments_told(page):
    """What the page's JSON-LD says of comments; empty when it says nothing."""
    for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S):
        told = json.loads(text)
        if "comment" in told:
            return told
    return {}


def test_comments_are_told_of_the_article(client, article, make_comment):
    make_comment(name="Ada", text="Well </script> said.\n\nTwice & more.", status="approved")
    make_comment(name="Eve", text="Not yet.", status="pending")
    told = comments_told(client.get(article.get_absolute_url()).content.decode())
    assert told["@id"] == f"http://testserver{article.get_absolute_url()}"
    (one,) = told["comment"]
    assert one["author"] == {"@type": "Person", "name": "Ada"}
    assert one["text"] == "Well </script> said.\nTwice & more."
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", one["datePublished"])
    assert one["@id"].startswith(told["@id"] + "#comment-")


def test_an_article_without_comments_says_nothing(client, article):
    assert comments_told(client.get(article.get_absolute_url()).content.decode()) == {}


def test_the_first_stand_for_all(client, article, make_comment):
    for number in range(MOST + 2):
        make_comment(name=f"Reader {number}", text=f"Number {number}", status="approved")
    told = comments_told(client.get(article.get_absolute_url()).content.decode())
    assert [each["text"] for each in told["comment"]] == [f"Number {n}" for n in range(MOST)]


def test_a_scammers_contact_is_masked_as_on_the_page(client, article, make_comment):
    make_comment(name="WhatsApp +1 202 555 0143", text="Ask me.", status="approved")
    page = client.get(article.get_absolute_url()).content.decode()
    assert "555 0143" not in page
    assert comments_told(page)["comment"][0]["text"] == "Ask me."
