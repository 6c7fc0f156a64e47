"""What readers entrust to the site stays there: at rest, under new keys, on every public page."""

import hashlib
import re
import time
import uuid
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from cryptography.fernet import InvalidToken
from django.contrib.auth.models import User
from django.core import signing
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, get_resolver, resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Tag
from comments import privacy, tokens
from comments.models import Check, Comment, Submission
from comments.status import Status

# --- the address at rest ------------------------------------------------------------------


@given(st.text(max_size=200))
def test_what_is_encrypted_can_be_read_again(text):
    token = privacy.encrypt(text)
    assert privacy.decrypt(token) == text
    assert privacy.encrypt(text) != token, "equal texts must not be told by their tokens"


@pytest.mark.parametrize("token", ["", "x", "gAAAAA", "rosa@example.com"])
def test_what_was_not_encrypted_is_refused(token):
    with pytest.raises(InvalidToken):
        privacy.decrypt(token)


def test_nothing_private_can_be_read_in_the_database_but_by_us(make_comment):
    comment = make_comment(email="rosa.reader@private.example")
    Submission.objects.update(sent='{"comment_author_email": "rosa.reader@private.example"}')
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, email_hash, sent FROM comments_submission")
        email, email_hash, sent = cursor.fetchone()
    for stored in (email, email_hash, sent):
        assert "rosa" not in stored
        assert "private" not in stored
    assert email_hash not in hashes_of("rosa.reader@private.example")
    stored = Submission.objects.get(pk=comment.pk)
    assert stored.email == "rosa.reader@private.example"
    assert "rosa.reader" in stored.sent


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("rosa@example.com", " Rosa@Example.COM ", True),
        ("rosa@example.com", "rosa@example.org", False),
        ("rosa@example.com", "rosa+x@example.com", False),
    ],
)
def test_an_address_is_found_by_a_keyed_hash(settings, one, other, equal):
    assert (privacy.address_hash(one) == privacy.address_hash(other)) == equal
    assert re.fullmatch("[0-9a-f]{64}", privacy.address_hash(one))
    before = privacy.address_hash(one)
    settings.SECRET_KEY = "another-key-" + "x" * 40
    assert privacy.address_hash(one) != before


def test_a_new_key_reads_and_finds_what_the_old_one_wrote(post_comment, desk, settings, no_flood):
    post_comment(email="rosa.reader@private.example")
    old_key, old_hash = settings.SECRET_KEY, Submission.objects.get().email_hash
    settings.SECRET_KEY = "the-key-of-next-year-" + "n" * 40
    settings.SECRET_KEY_FALLBACKS = [old_key]

    submission = Submission.objects.get()
    assert submission.email == "rosa.reader@private.example"
    assert submission.email_hash == old_hash
    assert privacy.address_hashes("rosa.reader@private.example")[1] == old_hash
    assert "r•••@private.example" in desk.get("/moderation/approved/").content.decode()
    assert post_comment(email="rosa.reader@private.example").status_code == 302, "the same form"
    assert Submission.objects.count() == 1

    submission.save()
    settings.SECRET_KEY_FALLBACKS = []
    assert Submission.objects.get().email == "rosa.reader@private.example"
    assert Submission.objects.get().email_hash == privacy.address_hash(submission.email)


def test_without_any_of_the_keys_nothing_can_be_read_and_nothing_is_lost(
    post_comment, desk, settings
):
    post_comment()
    right_key = settings.SECRET_KEY
    settings.SECRET_KEY = "a-stranger's-key-" + "s" * 40
    submission = Submission.objects.get()
    assert submission.email == privacy.UNREADABLE
    with pytest.raises(ValueError, match="must not be written back"), transaction.atomic():
        submission.save()
    desk.force_login(User.objects.get(username="kim"))
    page = desk.get("/moderation/approved/")  # the moderator wrote it
    assert page.status_code == 200
    assert "address unreadable" in page.content.decode()

    settings.SECRET_KEY = right_key
    assert "@" in Submission.objects.get().email


@pytest.mark.parametrize(
    ("email", "mask"),
    [
        ("jane@example.com", "j•••@example.com"),
        ("j@example.com", "j•••@example.com"),
        ('"a@b"@example.com', '"•••@example.com'),
        ("ü@example.com", "ü•••@example.com"),
        ("", "no address"),
        ("no-at-all", "•••@no-at-all"),
    ],
)
def test_masks(email, mask):
    assert privacy.mask_address(email) == mask


def test_avatars_say_nothing_beyond_their_thread(make_comment):
    """The same name has one color in one thread, and is not recognized by it in another."""
    threads = [make_comment(f"{number}") for number in range(30)]
    for thread in threads[:3]:
        assert make_comment("Reply.", parent=thread).hue == thread.hue
    assert len({thread.hue for thread in threads}) > 3


# --- every public address -----------------------------------------------------------------

READER = {"HTTP_USER_AGENT": "PosterAgent/7", "HTTP_REFERER": "http://poster-referrer.example/"}
PEOPLES_PAGES = ("/admin/", "/moderation/")


def hashes_of(email):
    spellings = {email, email.lower(), email.upper()}
    kinds = (hashlib.md5, hashlib.sha1, hashlib.sha256)
    return {kind(text.encode()).hexdigest() for text in spellings for kind in kinds}


class Visitor:
    """A browser without cookies that looks closely at all it is given."""

    def __init__(self, private):
        self.private = private
        self.seen = {}  # address: response
        self.statuses = set()

    def look(self, label, response):
        self.statuses.add(response.status_code)
        text = "".join(f"{name}: {value}\n" for name, value in response.items())
        text += unescape(b"".join(response).decode())
        found = [value for value in self.private if value.lower() in text.lower()]
        assert not found, f"{label} ({response.status_code}) tells {found}"
        assert not response.cookies, f"{label} ({response.status_code}) sets a cookie"
        policy = response.get("Content-Security-Policy", "")
        assert "script-src 'self'" in policy, f"{label} ({response.status_code}) has no CSP"
        assert "unsafe-" not in policy, f"{label} ({response.status_code}) has a weak CSP"
        return response

    def get(self, address, **extra):
        response = Client(raise_request_exception=False).get(address, **extra)
        self.seen[address] = self.look(f"GET {address}", response)
        return response

    def post(self, address, fields, **extra):
        client = Client(raise_request_exception=False)
        extra = {"REMOTE_ADDR": "198.51.100.200", **READER, **extra}
        return self.look(f"POST {address} {fields}", client.post(address, fields, **extra))

    def crawl(self, *starts):
        """Follow every link of the site's own, wherever it leads."""
        waiting = list(starts)
        while waiting:
            address = waiting.pop()
            if address in self.seen:
                continue
            response = self.get(address)
            page = response.content.decode()
            links = re.findall(r'(?:href|src|action)="([^"]*)"', page)
            links += re.findall(r"<(?:link|loc|id|comments|guid)[^>]*>([^<]+)<", page)
            links.append(response.get("Location", ""))
            for link in links:
                parts = urlsplit(urljoin(f"http://testserver{address}", unescape(link)))
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                ours = parts.netloc == "testserver" and parts.scheme == "http"
                if ours and not path.startswith(("/static/", "/media/", *PEOPLES_PAGES)):
                    waiting.append(path)


def public_patterns():
    """Every pattern of the site's addresses that is not for staff: (its view's name, reversed)."""

    def walk(patterns, prefix, namespace):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                name = ":".join(filter(None, [namespace, pattern.namespace]))
                yield from walk(pattern.url_patterns, route, name)
            elif not f"/{route}".startswith(PEOPLES_PAGES):
                yield ":".join(filter(None, [namespace, pattern.name]))

    return sorted(set(walk(get_resolver().url_patterns, "", "")))


def own_pages(comment):
    """The addresses that only the writer of a comment has, with the token that each needs."""
    hashed = privacy.address_hash(comment.submission.email)
    return (
        ("comments:manage", tokens.MANAGE.make(comment.pk)),
        ("comments:confirm", tokens.CONFIRM.make([comment.pk, hashed])),
        ("comments:unsubscribe", tokens.UNSUBSCRIBE.make([comment.pk, hashed])),
        ("comments:address", tokens.ADDRESS.make(privacy.encrypt(comment.submission.email))),
    )


@pytest.fixture
def private(settings):
    """Values that must appear nowhere; what is stored during the test adds to it."""
    settings.AKISMET_API_KEY = "valid-secret"
    return {"valid-secret", settings.SECRET_KEY, "PosterAgent", "poster-referrer", "198.51.100.200"}


@pytest.fixture
def secretive(make_comment, private):
    """Store a comment whose private half cannot be mistaken for anything else."""

    def make(text, **fields):
        number = 101 + Comment.objects.count()  # of three digits: none is the beginning of another
        email = f"Secret.Local{number}@Private{number}.example"
        half = {
            "email": email,
            "ip": f"203.0.113.{number}",
            "user_agent": f"HiddenAgent{number}/1.0",
            "referrer": f"https://hidden-referrer{number}.example/?x",
            "honeypot": f"hidden-honey{number}",
            "key": uuid.uuid4(),
        }
        fields.setdefault("name", f"Reader {number}")
        comment = make_comment(text, **half, **fields)
        Submission.objects.filter(pk=comment.pk).update(sent=f'{{"x": "hidden-sent{number}"}}')
        Check.objects.create(comment=comment, guid=f"hidden-guid{number}", verdict="ham")
        private.update(
            (str(half["key"]), half["key"].hex, f"secret.local{number}", f"•••@private{number}"),
            (f"private{number}.example", half["ip"], f"HiddenAgent{number}"),
            (f"hidden-{what}{number}" for what in ("honey", "referrer", "sent", "guid")),
            (comment.submission.email_hash, *hashes_of(email)),
        )
        return comment

    return make


@pytest.fixture
def site(make_article, article, secretive, private, editor):
    """Articles, and under them comments in every state, some of them in threads."""
    Tag.objects.create(
        name="NVIDIA", slug="nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    article.tags.add(Tag.objects.get())
    for number in range(11):
        make_article(f"Article {number}", tags=["chips"], days_ago=number + 1)
    make_article("Unmistakable draft", days_ago=None)
    make_article("Unmistakable plan", days_ago=-1)
    closed = make_article("Closed", comments_open=False)
    private.update({"unmistakable", "eddie", "eddie@example.org"})

    shown = [secretive(f"Public {number}.", url="https://site.example/") for number in range(3)]
    shown.append(secretive("Reply.", parent=shown[0]))
    shown.append(secretive("Elsewhere.", article=closed))
    secretive("By staff.", user=editor, name="Ed")
    for status in set(Status.values) - {"approved"}:
        hidden = secretive(
            f"Unmistakable {status}.",
            status=status,
            parent=shown[0],
            name=f"Unmistakable {status}",
            url="https://unmistakable.example/",
            held_for="words",
            held_detail="unmistakable",
        )
        secretive("Reply to what is hidden.", parent=hidden)
    return article


@pytest.mark.timeout(60)
def test_no_public_address_tells_anything_private(
    site, private, monkeypatch, caplog, secretive, moderator, settings
):
    from comments.models import Discussion

    Discussion(comments_per_page=2).save()
    visitor = Visitor(private)
    visitor.crawl("/")
    for name in public_patterns():
        try:
            visitor.crawl(reverse(name))
        except NoReverseMatch:
            continue  # an address with something in it: it must have been linked

    # Pages that are led to by other ways than links.
    others = set(private)
    waiting = secretive("The writer's own words.", status="pending")
    own = private - others
    preview = f"/comments/preview/{signing.dumps(waiting.pk, salt=tokens.PREVIEW.salt)}/"
    assert "own words" in visitor.get(preview).content.decode()
    # Behind links that only the writer has: nobody else's data, and of theirs no more than a mask.
    settings.MAIL_ENABLED = True
    writer = Visitor(
        others | {value for value in own if not value.endswith(".example") and "•••" not in value}
    )
    for name, token in own_pages(waiting):
        address = reverse(name, args=[token])
        assert writer.get(address).status_code == 200
        assert writer.seen[address]["X-Robots-Tag"] == "noindex"
        writer.crawl(*(f"{address}{query}" for query in ("", "?ask=remove", "?ask=erase")))
        answer = Client().post(address, {"do": "export"})
        if answer["Content-Type"].startswith("application/json"):
            exported = answer.content.decode().lower()
            assert not [value for value in others if value.lower() in exported]
            assert "the writer's own words." in exported
        assert writer.post(address, {"do": "nonsense"}).status_code in (302, 422)
    visitor.seen |= writer.seen

    hidden = Comment.objects.get(status="spam")
    for address in (
        f"/comments/{hidden.pk}/",
        f"/comments/{hidden.pk}/report/",
        f"{site.get_absolute_url()}feed/",
        f"{site.get_absolute_url()}?replytocom={hidden.pk}",
        f"{site.get_absolute_url()}?comments=99",
        f"{site.get_absolute_url()}?comments=x",
        "/?page=99",
        "/?q=Secret.Local1",
        "/nowhere/",
        "/.well-known/security.txt",
        "/favicon.ico",
        "/preview/x/",
        "/articles/unmistakable-draft/",
        "/articles/unmistakable-plan/",
        "/comments/preview/x/",
        f"/articles/{site.slug}/comments/",
    ):
        visitor.get(address)
    visitor.get("/", HTTP_X_FORWARDED_FOR="203.0.113.1", HTTP_USER_AGENT="PosterAgent/7")
    assert (
        visitor.get("/nowhere/", HTTP_REFERER="http://poster-referrer.example/").status_code == 404
    )

    # What a form is answered with.
    form = f"/articles/{site.slug}/comments/"
    good = {"text": "Mine.", "name": "Me", "email": "me@poster.example"}
    assert visitor.post(form, {}).status_code == 422
    assert visitor.post(form, good, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert visitor.post(form, {**good, "parent": hidden.pk}).status_code == 403
    assert visitor.post("/articles/closed/comments/", good).status_code == 403
    answer = visitor.post(form, good)
    assert answer.status_code == 302
    visitor.get(answer["Location"].partition("#")[0])
    assert visitor.post(form, {**good, "email": "you@poster.example"}).status_code == 409
    assert visitor.post(form, {**good, "text": "More."}).status_code == 429
    assert visitor.post("/articles/nowhere/comments/", good).status_code == 404
    assert visitor.post("/", good).status_code == 405
    broken = {"data": b"--x\r\nbroken", "content_type": "multipart/form-data"}
    visitor.look("a broken POST", Client().post(form, **broken))
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: now + 3600)
        assert visitor.get(preview).status_code == 410
    with monkeypatch.context() as patch:

        def fail(*args, **kwargs):
            raise OperationalError("database is locked")

        patch.setattr("comments.intake.take_in", fail)
        visitor.post(form, good)
        patch.setattr("articles.views.related_to", fail)
        visitor.get(site.get_absolute_url())
        patch.setattr("articles.views.related_to", None)  # a fault of ours
        visitor.get(site.get_absolute_url())
    expected = {200, 302, 400, 403, 404, 405, 409, 410, 422, 429, 500, 503}
    assert visitor.statuses >= expected

    # Nothing was left out: each pattern has been visited, and the paths above are all public.
    visited = set()
    for address in visitor.seen:
        try:
            visited.add(resolve(urlsplit(address).path).view_name)
        except Resolver404:
            continue
    assert set(public_patterns()) - visited - {"comments:post"} == set()
    assert not [value for value in private - {"unmistakable"} if value in caplog.text]


def test_the_visitor_would_notice(private, make_article):
    make_article("Leak", body="<p>Write to SECRET.local7</p>")
    with pytest.raises(AssertionError, match="tells"):
        Visitor({*private, "secret.local7"}).crawl("/")


@pytest.mark.parametrize(
    "path", ["/moderation/", "/admin/", "/admin/comments/discussion/1/change/"]
)
def test_no_page_for_staff_holds_a_key_either(client, settings, make_comment, path):
    settings.AKISMET_API_KEY = "valid-secret"
    make_comment(status="pending")
    client.force_login(User.objects.create_superuser("root"))
    client.get("/admin/comments/discussion/")
    response = client.get(path)
    assert response.status_code == 200
    for key in ("valid-secret", settings.SECRET_KEY):
        assert key not in response.content.decode()


def test_signing_in_is_the_only_cookie(client, db):
    """Only staff ever get a cookie, and only from their own pages."""
    assert client.get("/admin/login/").cookies.keys() == {"csrftoken"}
    assert not client.get("/moderation/").cookies
