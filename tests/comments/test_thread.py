"""Threads: their order, depth and shape, the lists they are written in, and what they cost."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments import moderation
from comments.models import Comment, Discussion
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
    """The nodes as "id@depth"; a place without a comment in brackets."""
    return " ".join(
        f"{node.pk}@{node.depth}" if node.comment else f"[{node.pk}]@{node.depth}" for node in nodes
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


def test_a_reply_at_the_last_level_says_whom_it_answers():
    nodes = arrange([comment(1), comment(2, [1]), comment(3, [1], parent=2), comment(4, [1])])
    assert [node.in_reply_to for node in nodes] == ["", "", "in reply to N2", ""]


def test_a_reply_to_a_removed_comment_names_nobody():
    nodes = arrange([comment(1), comment(3, [1], parent=2)])
    assert [node.in_reply_to for node in nodes] == ["", ""]


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
            pk = int(dict(attrs)["id"].removeprefix("comment-"))
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
    from comments.thread import _lists

    nodes = arrange(comments)
    end = _lists(nodes[-1].depth if nodes else 0, 0)
    html = "".join(f'{node.before}<li id="comment-{node.pk}">' for node in nodes) + end
    found = Lists(html).items

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
    start = page.index('<section id="comments"')
    return Lists(page[start : page.index('<div id="respond"')]).items


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


@pytest.mark.parametrize("depth", [1, 3])
def test_a_thread_is_never_deeper_than_allowed(
    client, article, post_comment, moderator, no_flood, depth
):
    Discussion(flood_seconds=0, depth=depth).save()
    parent = ""
    for number in range(5):
        post_comment(text=f"{number}", parent=parent)
        last = Comment.objects.latest("pk")
        moderation.approve(last, by=moderator, seen="submitted")
        parent = last.pk
    assert max(len(above) + 1 for _pk, above in items(client, article)) == depth
    page = client.get(article.get_absolute_url()).content.decode()
    assert page.count("in reply to Rosa Reader") == 5 - depth
