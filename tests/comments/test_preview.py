"""What the writer of a comment sees, and permanent links, replies and pages of comments."""

import re
import time

import pytest
from django.core import signing

from comments import moderation
from comments.models import Comment, Discussion
from comments.tokens import PREVIEW

SENTENCE = (
    "Your comment is awaiting moderation. This is a preview; your comment will be visible after "
    "it has been approved."
)
EXPIRED = "This preview has expired."


def address_of(comment, salt=PREVIEW.salt):
    return f"/comments/preview/{signing.dumps(comment.pk, salt=salt)}/"


def page_of(response):
    return response.content.decode()


@pytest.fixture
def later(monkeypatch):
    """Let the clock of the signatures go forward by so many seconds."""

    def go(seconds):
        now = time.time()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now + seconds)

    return go


# --- the preview --------------------------------------------------------------------------


def test_the_writer_sees_the_comment_in_its_place(client, article, post_comment, make_comment):
    parent = make_comment("Public.", name="Paula Parent")
    later_thread = make_comment("Later.")
    response = post_comment(
        parent=parent.pk,
        text='See <a href="https://casino.example/">this</a> or https://spam.example/ <b>now</b>',
        url="https://rosa.example.org",
    )
    comment = Comment.objects.latest("pk")
    path, _, anchor = response["Location"].partition("#")
    shown = client.get(path)

    assert shown.status_code == 200
    page = page_of(shown)
    assert anchor == f"comment-{comment.pk}"
    places = re.findall(r'<li id="comment-(\d+)"', page)
    assert places == [str(pk) for pk in (parent.pk, comment.pk, later_thread.pk)]
    assert page.count(SENTENCE) == 1
    assert "See this or https://spam.example/ <b>now</b>" in page
    # A preview must not serve as a page of links.
    assert 'href="https://casino.example' not in page
    assert 'href="https://spam.example' not in page
    assert "rosa.example.org" not in page
    assert f"replytocom={comment.pk}" not in page
    assert f"replytocom={parent.pk}" in page


def test_a_preview_is_kept_by_nobody_and_found_by_nobody(client, make_comment):
    response = client.get(address_of(make_comment(status="submitted")))
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_other_readers_do_not_see_it(client, article, make_comment):
    comment = make_comment("Unmistakable words.", status="submitted")
    assert "Unmistakable words." in page_of(client.get(address_of(comment)))
    for address in (
        article.get_absolute_url(),
        f"{article.get_absolute_url()}?replytocom={comment.pk}",
        "/",
    ):
        page = page_of(client.get(address))
        assert "Unmistakable words." not in page
        assert SENTENCE not in page
    assert client.get(f"/comments/{comment.pk}/").status_code == 404


def test_a_spammer_sees_what_everybody_sees_who_waits(client, make_comment):
    comment = make_comment("The same words.", status="submitted")
    address, pages = address_of(comment), set()
    for status, verdict in [
        ("submitted", "unchecked"),
        ("pending", "ham"),
        ("pending", "unavailable"),
        ("spam", "spam"),
        ("spam", "discard"),
        ("trash", "ham"),
    ]:
        Comment.objects.update(
            status=status, verdict=verdict, held_for="links", held_detail="3 ≥ 2"
        )
        response = client.get(address)
        headers = {name: value for name, value in response.items() if name != "Expires"}
        page = re.sub(r"/comments/manage/[^/]+/", "/comments/manage/TOKEN/", page_of(response))
        pages.add((response.status_code, page, str(headers)))
    assert len(pages) == 1
    assert pages.pop()[0] == 200


def test_once_approved_the_preview_leads_to_the_comment(client, make_comment, moderator, later):
    comment = make_comment(status="pending")
    address = address_of(comment)
    moderation.approve(comment, by=moderator, seen="pending")
    for _ in range(2):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"] == f"/comments/{comment.pk}/"
        later(PREVIEW.seconds + 60)


@pytest.mark.parametrize(
    ("seconds", "open_"), [(0, True), (595, True), (605, False), (10**6, False)]
)
def test_a_preview_ends_after_ten_minutes(client, article, make_comment, later, seconds, open_):
    make_comment("Public.")
    comment = make_comment("Unmistakable words.", status="pending")
    address = address_of(comment)
    later(seconds)
    response = client.get(address)
    page = page_of(response)

    assert response.status_code == (200 if open_ else 410)
    assert ("Unmistakable words." in page) == open_
    assert (EXPIRED in page) == (not open_)
    assert "Public." in page
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("token", ["x", "1", "MQ:1abc:def", ":::", "%00", "é", "a" * 3000])
def test_a_token_that_we_did_not_sign_opens_nothing(client, make_comment, token):
    make_comment(status="pending")
    assert client.get(f"/comments/preview/{token}/").status_code == 404


def test_a_token_made_for_something_else_opens_nothing(client, make_comment, later):
    comment = make_comment(status="pending")
    assert client.get(address_of(comment, salt="comments.other")).status_code == 404
    token = signing.dumps(comment.pk, salt=PREVIEW.salt)
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    later(PREVIEW.seconds + 60)
    assert client.get(f"/comments/preview/{altered}/").status_code == 404


def test_the_preview_of_what_is_gone_is_gone(client, make_comment, article):
    comment = make_comment(status="pending")
    address = address_of(comment)
    article.published_at = None
    article.save()
    assert client.get(address).status_code == 404
    comment.delete()
    assert client.get(address).status_code == 404


def test_the_preview_leads_to_the_writers_own_page(client, make_comment, article, later):
    comment = make_comment("Mine.", status="submitted")
    address = address_of(comment)
    page = page_of(client.get(address))
    [link] = re.findall(r'<a rel="nofollow" href="(/comments/manage/[^"]+/)"', page)
    shown = client.get(link)
    assert shown.status_code == 200
    assert "Mine." in page_of(shown)
    # Whoever finds the address of an old preview somewhere gets no new key from it.
    later(PREVIEW.seconds + 60)
    assert "/comments/manage/" not in page_of(client.get(address))
    assert "/comments/manage/" not in page_of(client.get(article.get_absolute_url()))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_preview_is_only_for_reading(client, make_comment, method):
    address = address_of(make_comment(status="pending"))
    assert getattr(client, method)(address).status_code == 405


def test_a_preview_stands_on_the_page_where_the_comment_will(client, make_comment, article):
    Discussion(comments_per_page=2).save()
    for number in range(4):
        make_comment(f"Thread {number}.")
    comment = make_comment("Mine.", status="submitted")
    page = page_of(client.get(address_of(comment)))
    assert "Mine." in page
    assert "Thread 3." not in page
    assert 'rel="prev"' in page


# --- permanent links ----------------------------------------------------------------------


def test_a_permalink_leads_to_the_page_on_which_the_comment_stands(client, make_comment, article):
    Discussion(comments_per_page=2).save()
    threads = [make_comment(f"Thread {number}.") for number in range(5)]
    reply = make_comment("A reply, later than all threads.", parent=threads[2])
    hidden = make_comment("Not counted.", status="spam")
    base = article.get_absolute_url()
    for comment, query in [
        (threads[0], ""),
        (threads[1], ""),
        (threads[2], "?comments=2"),
        (threads[4], "?comments=3"),
        (reply, "?comments=2"),
    ]:
        response = client.get(f"/comments/{comment.pk}/")
        assert response.status_code == 302
        assert response["Location"] == f"{base}{query}#comment-{comment.pk}"
        page = page_of(client.get(response["Location"]))
        assert f'<li id="comment-{comment.pk}"' in page
    assert client.get(f"/comments/{hidden.pk}/").status_code == 404


def test_the_permalink_of_a_reply_whose_thread_lost_its_first_comment(
    client, make_comment, moderator
):
    Discussion(comments_per_page=1).save()
    make_comment("Earlier thread.")
    first = make_comment("First.")
    reply = make_comment("Reply.", parent=first)
    moderation.trash(first, by=moderator, seen="approved")
    location = client.get(f"/comments/{reply.pk}/")["Location"]
    assert "?comments=2#" in location
    assert "Reply." in page_of(client.get(location))


REMOVED = "This comment is no longer shown."


@pytest.mark.parametrize("status", ["submitted", "pending", "spam", "trash"])
def test_what_was_never_public_has_no_permalink(client, make_comment, status):
    assert client.get(f"/comments/{make_comment(status=status).pk}/").status_code == 404


@pytest.mark.parametrize("verb", ["hold", "spam", "trash", "withdraw"])
def test_the_permalink_of_what_was_removed_leads_to_the_article_which_says_so(
    client, make_comment, article, moderator, verb
):
    comment = make_comment("Unmistakable words.", status="pending")
    moderation.approve(comment, by=moderator, seen="pending")
    assert client.get(f"/comments/{comment.pk}/")["Location"].endswith(f"#comment-{comment.pk}")
    if verb == "withdraw":
        moderation.withdraw(comment, seen="approved")
    else:
        getattr(moderation, verb)(comment, by=moderator, seen="approved")

    response = client.get(f"/comments/{comment.pk}/")
    assert response.status_code == 302  # it may come back
    assert response["Location"] == f"{article.get_absolute_url()}?removed=1#comments"
    shown = client.get(response["Location"])
    assert shown["X-Robots-Tag"] == "noindex"
    assert REMOVED in page_of(shown)
    assert "Unmistakable words." not in page_of(shown)
    article.published_at = None
    article.save()
    assert client.get(f"/comments/{comment.pk}/").status_code == 404


@pytest.mark.parametrize("value", ["", "0", "2", "x", "<b>"])
def test_nothing_else_says_that_something_was_removed(client, article, value):
    for query in ({}, {"removed": value}):
        assert REMOVED not in page_of(client.get(article.get_absolute_url(), query))


def test_comments_on_a_draft_have_no_permalink(client, make_comment, article):
    comment = make_comment()
    article.published_at = None
    article.save()
    assert client.get(f"/comments/{comment.pk}/").status_code == 404


@pytest.mark.parametrize("pk", ["0", "999999", str(2**31), str(2**63 - 1), str(2**63), "9" * 40])
def test_no_comment_no_permalink(client, db, pk):
    assert client.get(f"/comments/{pk}/").status_code == 404


# --- replies without JavaScript -----------------------------------------------------------


def test_a_reply_works_without_javascript(client, article, make_comment, post_comment):
    parent = make_comment("Public.", name="Paula <Parent>")
    page = page_of(client.get(article.get_absolute_url()))
    link = re.search(r'href="([^"]*replytocom=\d+#respond)"', page)[1]
    assert '<h3 id="reply-title">Leave a Reply</h3>' in page

    response = client.get(link)
    page = page_of(response)
    assert response["X-Robots-Tag"] == "noindex"
    title = re.search(r'<h3 id="reply-title">(.*?)</h3>', page)[1]
    assert "Leave a Reply to" in title
    assert f'<a href="#comment-{parent.pk}">Paula &lt;Parent&gt;</a>' in title
    assert "Cancel reply" in title
    assert f'href="{article.get_absolute_url()}#respond"' in title
    hidden = re.search(r'<input type="hidden" name="parent" value="(\d+)"', page)[1]
    post_comment(parent=hidden)
    assert Comment.objects.latest("pk").parent == parent


def test_a_reply_to_a_comment_of_another_page_names_it_all_the_same(client, article, make_comment):
    Discussion(comments_per_page=1).save()
    make_comment("On page one.", name="Paula Parent")
    elsewhere = make_comment("On page two.", name="Ada")
    page = page_of(client.get(f"{article.get_absolute_url()}?replytocom={elsewhere.pk}"))
    assert f'Leave a Reply to <a href="/comments/{elsewhere.pk}/">Ada</a>' in page
    assert f'name="parent" value="{elsewhere.pk}"' in page


def test_a_refused_reply_is_still_a_reply(make_comment, post_comment):
    parent = make_comment("Public.", name="Paula Parent")
    page = page_of(post_comment(parent=parent.pk, email="nonsense"))
    assert re.search(r"Leave a Reply to <a [^>]*>Paula Parent</a>", page)
    assert f'name="parent" value="{parent.pk}"' in page


@pytest.mark.parametrize(
    "value",
    ["", "x", "-1", "0", "1.0", "1e1", "9" * 18, "9" * 19, "9" * 400, "²", "٣", "\x00", "1 OR 1=1"],
)
def test_hostile_replies_are_plain_forms(client, article, make_comment, value):
    make_comment()
    response = client.get(article.get_absolute_url(), {"replytocom": value})
    assert response.status_code == 200
    assert '<h3 id="reply-title">Leave a Reply</h3>' in page_of(response)
    assert 'name="parent" value' not in page_of(response)


@pytest.mark.parametrize("status", ["submitted", "pending", "spam", "trash"])
def test_what_is_not_public_cannot_be_asked_for(client, article, make_comment, status):
    comment = make_comment(status=status, name="Hidden Name")
    page = page_of(client.get(article.get_absolute_url(), {"replytocom": comment.pk}))
    assert '<h3 id="reply-title">Leave a Reply</h3>' in page
    assert "Hidden Name" not in page


def test_a_comment_of_another_article_is_no_parent(client, article, make_article, make_comment):
    comment = make_comment(article=make_article("Another"), name="Over There")
    page = page_of(client.get(article.get_absolute_url(), {"replytocom": comment.pk}))
    assert "Over There" not in page


# --- pages of comments --------------------------------------------------------------------


def numbers_on(client, article, number):
    query = f"?comments={number}" if number > 1 else ""
    page = page_of(client.get(f"{article.get_absolute_url()}{query}"))
    return [int(pk) for pk in re.findall(r'<li id="comment-(\d+)"', page)], page


def test_pages_never_split_a_thread(client, article, make_comment):
    Discussion(comments_per_page=2).save()
    threads = [make_comment(f"Thread {number}.") for number in range(5)]
    replies = [make_comment("Reply.", parent=threads[0]) for _ in range(4)]
    deeper = make_comment("Deeper.", parent=replies[-1])

    first, page = numbers_on(client, article, 1)
    assert first == [each.pk for each in (threads[0], *replies, deeper, threads[1])]
    assert 'rel="prev"' not in page
    assert f'href="{article.get_absolute_url()}?comments=2#comments"' in page
    second, page = numbers_on(client, article, 2)
    assert second == [threads[2].pk, threads[3].pk]
    assert f'href="{article.get_absolute_url()}#comments"' in page
    assert f'href="{article.get_absolute_url()}?comments=3#comments"' in page
    third, page = numbers_on(client, article, 3)
    assert third == [threads[4].pk]
    assert 'rel="next"' not in page
    assert f'href="{article.get_absolute_url()}?comments=2#comments"' in page


def test_a_full_last_page_leads_no_further(client, article, make_comment):
    Discussion(comments_per_page=2).save()
    for number in range(4):
        make_comment(f"{number}")
    assert 'rel="next"' not in numbers_on(client, article, 2)[1]
    assert client.get(f"{article.get_absolute_url()}?comments=3").status_code == 404


@pytest.mark.parametrize(
    "value",
    ["", "x", "0", "-1", "1.0", "2", "01", "9" * 9, "9" * 20, "9" * 5000, "²", "٢", "\x00", " 1"],
)
def test_a_page_of_comments_that_does_not_exist(client, article, make_comment, value):
    make_comment()
    response = client.get(article.get_absolute_url(), {"comments": value})
    assert response.status_code == (200 if value == "01" else 404)


def test_page_one_exists_even_when_nobody_has_said_anything(client, article):
    address = article.get_absolute_url()
    assert client.get(f"{address}?comments=1").status_code == 200
    assert client.get(f"{address}?comments=2").status_code == 404


# --- closed comments ----------------------------------------------------------------------


def test_closed_comments_are_still_read(client, article, make_comment):
    comment = make_comment("Public.")
    article.comments_open = False
    article.save()
    for query in ("", f"?replytocom={comment.pk}"):
        page = page_of(client.get(f"{article.get_absolute_url()}{query}"))
        assert "Public." in page
        assert "Comments are closed." in page
        assert 'id="commentform"' not in page
        assert "replytocom=" not in page
        assert "Leave a Reply" not in page


def test_open_comments_do_not_say_that_they_are_closed(client, article):
    page = page_of(client.get(article.get_absolute_url()))
    assert "Comments are closed." not in page
    assert 'id="commentform"' in page
    assert "The margin is yours." in page


@pytest.mark.parametrize("slug", ["unknown", "inference-and-training-2"])
def test_there_is_no_form_under_an_article_that_is_not_there(client, article, slug):
    assert client.get(f"/articles/{slug}/").status_code == 404
    assert client.post(f"/articles/{slug}/comments/", {"text": "x"}).status_code == 404


def test_the_form_speaks_of_akismet_only_when_it_is_asked(client, article, settings):
    said = "This site uses Akismet to reduce spam."
    assert said in page_of(client.get(article.get_absolute_url()))
    settings.AKISMET_API_KEY = ""
    assert said not in page_of(client.get(article.get_absolute_url()))
