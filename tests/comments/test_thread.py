"""Threads: their order, depth and shape, the lists they are written in, and what they cost."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from comments import moderation
from comments.counts import recount
from comments.markup import Markup
from comments.models import Comment, Discussion
from comments.places import SHOWN
from comments.status import Status, Verdict
from comments.thread import arrange


def comment(pk, ancestors=(), parent=None, name=""):
    ancestors = list(ancestors)
    return Comment(
        pk=pk,
        name=name or f"N{pk}",
        html=f"<p>{pk}</p>",
        ancestors=ancestors,
        thread=ancestors[0] if ancestors else None,
        parent_id=parent or (ancestors[-1] if ancestors else None),
    )


def shape(nodes):
    """The nodes as "id@depth"; a place without a comment in brackets, or with how many more."""
    return " ".join(
        f"{node.pk}@{node.depth}"
        if node.comment
        else f"+{node.others}@{node.depth}"
        if node.others
        else f"[{node.pk}]@{node.depth}"
        for node in nodes
    )


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ([], ""),
        ([(1,), (2,)], "1@1 2@1"),
        ([(2,), (1,)], "1@1 2@1"),
        ([(1,), (2,), (3, 1)], "1@1 3@2 2@1"),
        ([(1,), (2, 1), (3, 1), (4, 1, 2)], "1@1 2@2 4@3 3@2"),
        ([(10,), (9,), (11, 9)], "9@1 11@2 10@1"),
        # Where a comment was removed its place stays, once, if something hangs under it.
        ([(3, 1)], "[1]@1 3@2"),
        ([(3, 1), (4, 1)], "[1]@1 3@2 4@2"),
        ([(4, 1, 2)], "[1]@1 [2]@2 4@3"),
        ([(1,), (4, 1, 2), (5, 1, 2), (6, 1)], "1@1 [2]@2 4@3 5@3 6@2"),
        ([(1,), (6, 1), (7, 1, 5), (8, 1)], "1@1 [5]@2 7@3 6@2 8@2"),
        ([(2,), (5, 1, 3), (6, 2, 4)], "[1]@1 [3]@2 5@3 2@1 [4]@2 6@3"),
    ],
)
def test_order_and_depth(comments, expected):
    given_ = [comment(pk, ancestors) for pk, *ancestors in comments]
    assert shape(arrange(given_)) == expected
    assert shape(arrange(given_[::-1])) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((), "1@1 4@2 2@1 +7@2 [3]@1 5@2"),
        ((3, 1, 2), "[3]@1 5@2 1@1 4@2 2@1 +7@2"),
        ((2, 3, 1), "2@1 +7@2 [3]@1 5@2 1@1 4@2"),
    ],
)
def test_threads_come_in_the_order_asked_for(order, expected):
    given_ = [comment(1), comment(2), comment(4, [1]), comment(5, [3])]
    assert shape(arrange(given_, order=order, others={2: 7})) == expected


def test_a_reply_at_the_last_level_says_whom_it_answers():
    nodes = arrange([comment(1), comment(2, [1]), comment(3, [1], parent=2), comment(4, [1])])
    assert [node.answers for node in nodes] == [None, None, (2, "N2"), None]


def test_a_reply_to_a_removed_comment_names_nobody():
    nodes = arrange([comment(1), comment(3, [1], parent=2)])
    assert [node.answers for node in nodes] == [None, None]


@st.composite
def forests(draw):
    """Comments as they come in one after another, of which some are public and some are gone."""
    depth = draw(st.integers(1, 10))
    stored = []
    for pk in range(1, draw(st.integers(0, 25)) + 1):
        parent = draw(st.none() | st.sampled_from(stored)) if stored else None
        above = [*parent.ancestors, parent.pk] if parent else []
        stored.append(comment(pk, above[: depth - 1], parent=parent.pk if parent else None))
    return [each for each in stored if draw(st.booleans())]


class Lists(HTMLParser):
    """Read nested lists strictly, and note each item with the items it lies in."""

    def __init__(self, html):
        super().__init__()
        self.open, self.items = [], []
        self.feed(html)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        if tag == "ol":
            assert not self.open or self.open[-1][0] == "li", "a list lies directly in a list"
        if tag == "li":
            assert self.open[-1][0] == "ol", "an item outside of a list"
            pk = int(dict(attrs).get("id", "0").removeprefix("comment-"))
            above = [number for name, number in self.open if name == "li"]
            self.items.append((pk, above))
            self.open.append((tag, pk))
        elif tag == "ol":
            self.open.append((tag, None))

    def handle_endtag(self, tag):
        if tag in ("ol", "li"):
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop()[0] == tag, f"</{tag}> closes something else"


@given(forests())
def test_the_lists_are_balanced_and_nest_as_the_thread_does(comments):
    nodes = arrange(comments)
    found = Lists(Markup("/articles/x/", replies=True).write(nodes)).items

    ancestors = {each.pk: each.ancestors for each in comments}
    assert [pk for pk, _above in found] == [node.pk for node in nodes]
    assert len({pk for pk, _above in found}) == len(found), "a place stands there twice"
    assert ancestors.keys() <= {pk for pk, _above in found}, "a comment is missing"
    for (pk, above), node in zip(found, nodes, strict=True):
        assert len(above) + 1 == node.depth
        if pk in ancestors:
            assert above == ancestors[pk]
        else:
            assert any(pk in chain for chain in ancestors.values()), "an empty place for nobody"
    siblings: dict[tuple, list[int]] = {}
    for pk, above in found:
        siblings.setdefault(tuple(above), []).append(pk)
    assert all(numbers == sorted(numbers) for numbers in siblings.values())


# --- on the page --------------------------------------------------------------------------


def items(client, article, query=""):
    """The comments on the article's page: (id, ids above it), as a browser sees them."""
    page = client.get(f"/articles/{article.slug}/{query}").content.decode()
    start = page.find('<ol class="thread">')
    return Lists(page[start : page.index('<div id="respond"')]).items if start > 0 else []


def test_the_page_nests_replies_and_keeps_the_place_of_what_was_removed(
    client, article, make_comment, moderator
):
    first = make_comment("First.")
    reply = make_comment("Reply.", parent=first)
    deeper = make_comment("Deeper.", parent=reply)
    second = make_comment("Second.")
    whole = [
        (first.pk, []),
        (reply.pk, [first.pk]),
        (deeper.pk, [first.pk, reply.pk]),
        (second.pk, []),
    ]
    assert items(client, article) == whole

    for gone in (reply, first):
        moderation.trash(gone, by=moderator, seen="approved")
        assert items(client, article) == whole
    page = client.get(article.get_absolute_url()).content.decode()
    assert page.count("Comment removed") == 2
    assert "Reply." not in page
    assert f"replytocom={reply.pk}" not in page
    assert f"replytocom={deeper.pk}" in page

    reply.delete()  # gone for good, and the shape is still kept
    assert items(client, article) == whole
    moderation.trash(deeper, by=moderator, seen="approved")
    assert items(client, article) == [(second.pk, [])]


@pytest.mark.parametrize("status", ["submitted", "pending", "spam", "trash"])
def test_what_is_not_public_stands_on_no_page(client, article, make_comment, status):
    make_comment("Seen.")
    make_comment("Unmistakable words.", status=status, name="Hidden Name")
    page = client.get(article.get_absolute_url()).content.decode()
    assert "Unmistakable words." not in page
    assert "Hidden Name" not in page
    assert '<h2 id="comments-title">1 comment</h2>' in page


def test_comments_of_another_article_stay_there(client, article, make_article, make_comment):
    make_comment("Over there.", article=make_article("Another"))
    assert items(client, article) == []


def test_a_comment_that_its_writer_removed_is_told_apart(client, article, make_comment, moderator):
    mine, theirs = make_comment("Mine."), make_comment("Theirs.")
    for above in (mine, theirs):
        make_comment("An answer.", parent=above)
    moderation.withdraw(mine, seen="approved")
    moderation.trash(theirs, by=moderator, seen="approved")
    page = client.get(article.get_absolute_url()).content.decode()
    said = re.findall(r'id="comment-(\d+)" class="place"><p class="removed">([^<]*)</p>', page)
    assert said == [
        (str(mine.pk), "Comment removed by its author"),
        (str(theirs.pk), "Comment removed"),
    ]


def test_an_edited_comment_says_when(client, article, make_comment):
    make_comment("As it was.")
    assert 'class="edited"' not in client.get(article.get_absolute_url()).content.decode()
    comment = make_comment("Better now.")
    comment.edited_at = timezone.now().replace(2026, 3, 3, 10, 14)
    comment.save(update_fields=["edited_at"])
    page = client.get(article.get_absolute_url()).content.decode()
    [said] = re.findall(r'<span class="edited">\(edited (.*?)\)</span>', page)
    assert said.startswith('<time datetime="2026-03-03T10:14')
    assert said.endswith(">March 3, 2026 at 10:14 am</time>")


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "No comments"), (1, "1 comment"), (2, "2 comments"), (1_234, "1,234 comments")],
)
def test_counts_are_words_wherever_they_stand(client, article, number, said):
    type(article).objects.update(comment_count=number)
    page = client.get(article.get_absolute_url()).content.decode()
    assert f'<h2 id="comments-title">{said}</h2>' in page
    assert f'<a href="#comments">{said}</a>' in page
    assert f'{article.slug}/#comments">{said}</a>' in client.get("/").content.decode()


# --- what it costs ------------------------------------------------------------------------


def fill(article, number, *, above=None, depth=2):
    """Store so many public comments at once: threads of their own, or all below `above`."""
    ancestors = [above.pk] if above else []
    rows = Comment.objects.bulk_create(
        Comment(
            article=article,
            parent=above,
            ancestors=ancestors,
            thread=ancestors[0] if ancestors else None,
            name=f"Reader {each}",
            text=f"No. {each}",
            html=f"<p>No. {each}</p>",
            status=Status.APPROVED,
            verdict=Verdict.HAM,
        )
        for each in range(number)
    )
    article.comment_count = recount(article)
    return rows


def test_an_article_page_costs_the_same_with_one_comment_and_with_fifty(
    client, article, make_comment, count_queries
):
    none = count_queries(client.get, article.get_absolute_url())
    parent = make_comment("1", url="https://rosa.example.org")
    one = count_queries(client.get, article.get_absolute_url())
    for number in range(2, 51):
        parent = make_comment(f"{number}", parent=None if number % 7 == 0 else parent)
    fifty = count_queries(client.get, article.get_absolute_url())
    assert len(items(client, article)) == 50
    assert len(fifty) == len(one) <= 8, "\n".join(fifty)
    assert len(none) < len(one)


def test_ten_thousand_comments_cost_no_more_queries_than_one(
    client, article, make_comment, count_queries
):
    address = article.get_absolute_url()
    opener = make_comment("Opens.")
    gone = make_comment("Removed soon.", parent=opener)
    make_comment("Hangs below.", parent=gone)
    Comment.objects.filter(pk=gone.pk).update(status=Status.TRASH)
    few = count_queries(client.get, address)
    fill(article, 5_000)
    replies = fill(article, 4_998, above=opener)
    for query in (
        "",
        "?order=newest",
        "?order=replies",
        "?comments=90",
        f"?thread={opener.pk}&comments=40",
        f"?replytocom={opener.pk}",
    ):
        many = count_queries(client.get, f"{address}{query}")
        # One more for a thread that is too long to be shown whole.
        assert len(many) <= len(few) + 1 <= 8, "\n".join(many)
    for comment in (opener, replies[-1]):
        assert len(count_queries(client.get, comment.get_absolute_url())) <= 4


def test_a_page_of_comments_costs_the_same_wherever_it_is(
    client, article, make_comment, count_queries
):
    Discussion(comments_per_page=2).save()
    for number in range(7):
        make_comment(f"{number}")
    address = article.get_absolute_url()
    costs = [len(count_queries(client.get, f"{address}?comments={n}")) for n in (1, 2, 4)]
    assert len(set(costs)) == 1
    assert costs[0] <= 8


# --- long threads -------------------------------------------------------------------------


def numbers_of(found):
    return [pk for pk, _above in found]


def test_a_long_thread_shows_its_first_comments_and_leads_to_the_others(
    client, article, make_comment
):
    before, long = make_comment("Before."), make_comment("Opens.", name="Olga <Opener>")
    after = make_comment("After.")
    replies = fill(article, 250, above=long)

    found = items(client, article)
    assert numbers_of(found) == [
        before.pk,
        long.pk,
        *(reply.pk for reply in replies[: SHOWN - 1]),
        0,
        after.pk,
    ]
    assert found[-2] == (0, [long.pk])
    page = client.get(article.get_absolute_url()).content.decode()
    [(address, said)] = re.findall(r'<li class="place more"><a href="([^"]*)"[^>]*>([^<]*)', page)
    assert said == "Show the other 151 comments of this thread"

    shown = []
    while address:
        response = client.get(address.replace("&amp;", "&"))
        page = response.content.decode()
        assert response.status_code == 200
        assert response["X-Robots-Tag"] == "noindex"
        assert "in the thread that <bdi>Olga &lt;Opener&gt;</bdi> began." in page
        shown += re.findall(r'<li id="comment-(\d+)"', page)
        links = re.findall(r'<a rel="next" href="([^"]*)"', page)
        address = links[0] if links else ""
    assert shown == [str(reply.pk) for reply in replies[SHOWN - 1 :]]
    assert "Comments 201 to 251 of 251" in page
    assert f"?thread={long.pk}&amp;comments=2#comments" in page  # and back


def test_many_long_threads_are_read_in_few_searches(
    client, article, make_comment, monkeypatch, count_queries
):
    monkeypatch.setattr("comments.thread.SHOWN", 2)
    monkeypatch.setattr("comments.thread._SEARCHES", 3)
    expected = []
    for _ in range(7):
        opener = make_comment("Opens.")
        first, _second = (make_comment("A reply.", parent=opener) for _ in range(2))
        expected += [opener.pk, first.pk, 0]
    short = make_comment("Alone.")
    assert numbers_of(items(client, article)) == [*expected, short.pk]
    # Seven searches, three at a time, and one for the rest, after five other questions of the page.
    assert len(count_queries(client.get, article.get_absolute_url())) <= 9


def test_a_thread_that_just_fits_leads_nowhere(client, article, make_comment):
    fill(article, SHOWN - 1, above=make_comment("Opens."))
    assert 'class="place more"' not in client.get(article.get_absolute_url()).content.decode()
    fill(article, 1, above=Comment.objects.earliest("pk"))
    page = client.get(article.get_absolute_url()).content.decode()
    assert "Show the other 1 comment of this thread" in page


def test_on_its_own_page_a_comment_says_whom_it_answers(client, article, make_comment):
    opener = make_comment("Opens.", name="<b onclick=x>Olga")
    replies = fill(article, 150, above=opener)
    Comment.objects.filter(pk=replies[148].pk).update(parent=replies[147], name="Hana")
    Comment.objects.filter(pk=replies[147].pk).update(name="Near", parent=None)
    page = client.get(f"{article.get_absolute_url()}?thread={opener.pk}&comments=2")
    answers = re.findall(
        r'class="in-reply-to">in reply to <a href="([^"]*)"[^>]*><bdi>(.*?)</bdi>',
        page.content.decode(),
    )
    assert answers[0] == (f"/comments/{opener.pk}/", "&lt;b onclick=x&gt;Olga")
    assert answers[-2] == (f"#comment-{replies[147].pk}", "Near")
    assert len(answers) == 50  # all but the one whose parent is gone


@pytest.mark.parametrize("position", [0, 1, 99, 100, 199, 200, 250])
def test_a_permalink_finds_a_comment_of_a_long_thread(client, article, make_comment, position):
    Discussion(comments_per_page=1).save()
    make_comment("Another thread.")
    opener = make_comment("Opens.")
    comment = [opener, *fill(article, 250, above=opener)][position]
    location = client.get(f"/comments/{comment.pk}/")["Location"]
    assert location.endswith(f"#comment-{comment.pk}")
    assert ("?thread=" in location) == (position >= SHOWN)
    assert f'<li id="comment-{comment.pk}"' in client.get(location).content.decode()


def test_the_preview_in_a_long_thread_stands_where_it_will(
    client, article, make_comment, post_comment, moderator
):
    opener = make_comment("Opens.")
    fill(article, 230, above=opener)
    path, _, anchor = post_comment(parent=opener.pk, text="My two cents.")["Location"].partition(
        "#"
    )
    page = client.get(path).content.decode()
    assert "Comments 201 to 231 of 231" in page
    assert "My two cents." in page
    assert page.count("awaiting moderation") == 1
    comment = Comment.objects.latest("pk")
    assert anchor == f"comment-{comment.pk}"
    moderation.approve(comment, by=moderator, seen="submitted")
    location = client.get(comment.get_absolute_url())["Location"]
    assert f"?thread={opener.pk}&comments=3#" in location
    assert "My two cents." in client.get(location).content.decode()


@pytest.mark.parametrize("value", ["", "x", "0", "-1", "999999", "9" * 18, "9" * 40, "\x00"])
def test_a_thread_that_is_not_there_has_no_page(client, article, make_comment, value):
    make_comment()
    assert client.get(article.get_absolute_url(), {"thread": value}).status_code == 404


def test_a_thread_is_found_under_its_own_article_and_while_it_has_comments(
    client, article, make_article, make_comment, moderator
):
    there, here = make_comment(article=make_article("Another")), make_comment()
    address = article.get_absolute_url()
    assert client.get(f"{address}?thread={there.pk}").status_code == 404
    assert client.get(f"{address}?thread={here.pk}").status_code == 200
    assert client.get(f"{address}?thread={here.pk}&comments=2").status_code == 404
    moderation.trash(here, by=moderator, seen="approved")
    assert client.get(f"{address}?thread={here.pk}").status_code == 404


# --- order --------------------------------------------------------------------------------


@pytest.fixture
def five_threads(make_comment):
    """Threads with 1, 3, 2, 3 and 1 comments, two a page."""
    Discussion(comments_per_page=2).save()
    threads = [make_comment(f"Thread {number}.") for number in range(5)]
    for number, replies in enumerate((0, 2, 1, 2, 0)):
        for _ in range(replies):
            make_comment("A reply.", parent=threads[number])
    return [thread.pk for thread in threads]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, [[0, 1], [2, 3], [4]]),
        ("oldest", [[0, 1], [2, 3], [4]]),
        ("newest", [[4, 3], [2, 1], [0]]),
        ("replies", [[1, 3], [2, 0], [4]]),
    ],
)
def test_threads_in_three_orders(client, article, settings, five_threads, order, expected):
    """Followed by the links, as a reader does; replies stay oldest first."""
    address, pages = article.get_absolute_url() + (f"?order={order}" if order else ""), []
    while address:
        response = client.get(address.replace("&amp;", "&"))
        page = response.content.decode()
        assert response.has_header("X-Robots-Tag") == ("?" in address)
        assert f'rel="canonical" href="{settings.SITE_URL}{article.get_absolute_url()}"' in page
        found = Lists(page[page.index('<ol class="thread">') : page.index('<div id="resp')]).items
        pages.append([five_threads.index(pk) for pk, above in found if not above])
        for thread in five_threads:
            replies = [pk for pk, above in found if above == [thread]]
            assert replies == sorted(replies)
        links = re.findall(r'<a rel="next" href="([^"]*)"', page)
        address = links[0] if links else ""
    assert pages == expected


def test_the_order_can_be_chosen_and_is_kept_from_page_to_page(client, article, five_threads):
    address = article.get_absolute_url()
    page = client.get(f"{address}?order=newest&comments=2").content.decode()
    [orders] = re.findall(r'<nav class="orders".*?</nav>', page, re.DOTALL)
    assert re.findall(r'href="([^"]*)"( aria-current="true")?>([^<]*)<', orders) == [
        (f"{address}#comments", "", "Oldest"),
        (f"{address}?order=newest#comments", ' aria-current="true"', "Newest"),
        (f"{address}?order=replies#comments", "", "Most replies"),
    ]
    assert f'<a rel="prev" href="{address}?order=newest#comments"' in page
    assert f'<a rel="next" href="{address}?order=newest&amp;comments=3#comments"' in page


@pytest.mark.parametrize("value", ["", "best", "NEWEST", "newest ", "opener", "\x00", "é"])
def test_an_order_that_there_is_not(client, article, make_comment, value):
    make_comment()
    assert client.get(article.get_absolute_url(), {"order": value}).status_code == 404


def test_one_thread_has_no_order(client, article, make_comment):
    make_comment("A reply.", parent=make_comment("Opens."))
    assert 'class="orders"' not in client.get(article.get_absolute_url()).content.decode()


# --- depth --------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 10])
def test_a_thread_is_never_deeper_than_allowed(client, article, post_comment, moderator, depth):
    Discussion(
        flood_seconds=0, flood_per_minute=0, flood_per_hour=0, close_after_days=0, depth=depth
    ).save()
    parent = ""
    for number in range(12):
        post_comment(text=f"{number}", parent=parent, name=f"Reader {number}")
        last = Comment.objects.latest("pk")
        moderation.approve(last, by=moderator, seen="submitted")
        parent = last.pk
    assert max(len(above) + 1 for _pk, above in items(client, article)) == depth
    page = client.get(article.get_absolute_url()).content.decode()
    named = re.findall(r"in reply to <a [^>]*><bdi>Reader (\d+)</bdi>", page)
    assert [int(number) for number in named] == list(range(depth - 1, 11))


# --- closed by time -----------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (15, True), (14, False), (1, False)])
def test_comments_close_some_days_after_publication(
    client, make_article, make_comment, post_comment, days, is_open
):
    Discussion(close_after_days=days).save()
    old = make_article("Two weeks old", days_ago=14.01)
    comment = make_comment("Said in time.", article=old)
    page = client.get(old.get_absolute_url()).content.decode()
    assert "Said in time." in page
    assert ("Comments are closed." in page) != is_open
    assert ('id="commentform"' in page) == is_open
    assert (f"replytocom={comment.pk}" in page) == is_open
    response = post_comment(to=old, text="A long thought.")
    assert response.status_code == (302 if is_open else 403)
    if not is_open:
        page = response.content.decode()
        assert "Comments are closed." in page
        assert "A long thought." in page
    assert Comment.objects.filter(text="A long thought.").exists() == is_open


def test_slow_mode_is_told_before_anybody_writes(client, article):
    assert "Slow mode" not in client.get(article.get_absolute_url()).content.decode()
    for minutes, said in [
        (1, "Slow mode: one comment per person every minute."),
        (10, "Slow mode: one comment per person every 10 minutes."),
    ]:
        type(article).objects.update(comments_slow_minutes=minutes)
        assert said in client.get(article.get_absolute_url()).content.decode()
        type(article).objects.update(comments_open=False)
        assert said not in client.get(article.get_absolute_url()).content.decode()
        type(article).objects.update(comments_open=True)


def test_a_long_age_closes_nothing_that_was_published_lately(article):
    from comments.opening import accepts_comments

    discussion = Discussion(close_after_days=7)
    assert accepts_comments(article, discussion)
    article.published_at = timezone.now() - timedelta(days=7)
    assert not accepts_comments(article, discussion)
    article.published_at = None
    assert not accepts_comments(article, Discussion())


# --- what is remembered of a page, and when it is not -----------------------------------------


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ({"name": "Ada Lo"}, '<bdi class="name">Ada Lo</bdi>'),
        ({"url": "https://ada.example/"}, 'href="https://ada.example/"'),
        ({"html": "<p>Changed.</p>"}, '<div class="comment-text"><p>Changed.</p>'),
        ({"html": "<p>Changed.</p>"}, '"text": "Changed."'),
        ({"edited_at": timezone.now()}, 'class="edited"'),
        ({"status": Status.TRASH}, '<p class="removed">Comment removed</p>'),
    ],
)
def test_whatever_changes_in_a_comment_is_seen_at_once(client, article, make_comment, values, seen):
    opener = make_comment("First.")
    make_comment("Second.", parent=opener)
    address = article.get_absolute_url()
    for _ in range(2):
        assert seen not in client.get(address).content.decode()
    Comment.objects.filter(pk=opener.pk).update(**values)
    assert seen in client.get(address).content.decode()


def test_who_removed_a_comment_is_told_as_it_is_now(client, article, make_comment):
    opener = make_comment("First.")
    make_comment("Second.", parent=opener)
    removed = Comment.objects.filter(pk=opener.pk)
    removed.update(status=Status.TRASH)
    address = article.get_absolute_url()
    assert "Comment removed</p>" in client.get(address).content.decode()
    removed.update(withdrawn_at=timezone.now())
    assert "Comment removed by its author</p>" in client.get(address).content.decode()


def test_that_comments_are_closed_is_seen_at_once(client, article, make_comment):
    make_comment("First.")
    address = article.get_absolute_url()
    assert 'class="reply-link"' in client.get(address).content.decode()
    type(article).objects.filter(pk=article.pk).update(comments_open=False)
    assert 'class="reply-link"' not in client.get(address).content.decode()


def test_what_is_the_same_is_not_written_again(client, article, make_comment, monkeypatch):
    opener = make_comment("First.")
    make_comment("Second.", parent=opener)
    pages, written = [], []
    write = Markup.write
    monkeypatch.setattr(Markup, "write", lambda *args: written.append(1) or write(*args))
    for _ in range(3):
        pages.append(client.get(article.get_absolute_url()).content)
    assert len(set(pages)) == 1
    assert len(written) == 1
    make_comment("Third.")
    assert b"Third." in client.get(article.get_absolute_url()).content
    assert len(written) == 2
