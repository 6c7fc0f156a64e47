"""WordPress's words and ours, side by side. Pure functions and tables."""

import html
import ipaddress
import re
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import unquote

import nh3
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.text import slugify

from comments.models import NAME_LENGTH, URL_LENGTH
from comments.status import Status
from comments.text import clean_name


class State(Enum):
    """What becomes of a post."""

    PUBLISHED = "published"  # at its date, which may lie ahead
    DRAFT = "draft"
    LEFT_OUT = "left out"


#: A status that a plugin invented is not in the table: such a post becomes a draft.
POST_STATUS = {
    "publish": State.PUBLISHED,
    "future": State.PUBLISHED,
    "draft": State.DRAFT,
    "pending": State.DRAFT,
    "private": State.DRAFT,
    "trash": State.LEFT_OUT,
    "auto-draft": State.LEFT_OUT,
    "inherit": State.LEFT_OUT,  # revisions
}
COMMENT_STATUS = {
    "1": Status.APPROVED,
    "0": Status.PENDING,
    "spam": Status.SPAM,
    "trash": Status.TRASH,
    "post-trashed": Status.TRASH,
}
#: Others are pingbacks, trackbacks, and notes of plugins.
COMMENT_TYPES = {"", "comment"}
TAXONOMIES = {"category", "post_tag"}
#: The category of what has none.
NO_TOPIC = "uncategorized"

#: Comment meta: what a comment was before it went to the trash; and that Akismet was not asked
#: yet, which only our own exports say.
BEFORE_TRASH = "_wp_trash_meta_status"
UNJUDGED = "_marginalia_unjudged"
#: Term meta of our own exports: a tag that is a ticker.
SYMBOL, EXCHANGE = "_marginalia_symbol", "_marginalia_exchange"

TITLE_LENGTH = 200
SUMMARY_LENGTH, SUMMARY_WORDS = 400, 55
_BLOCK_TAG = re.compile(r"</?(?:p|h[2-4]|li|t[dh]|br|pre|blockquote|fig\w+)\b")
_is_web_address = URLValidator(schemes=["http", "https"])


def plain(markup: str) -> str:
    """Return the text of HTML: no tags, no entities."""
    return html.unescape(nh3.clean(markup, tags=set())).strip()


def title(markup: str, *, body: str) -> str:
    """Return a title of at most 200 characters; one that is empty begins as `body` does."""
    text = re.sub(r"[\t\n\r]+", " ", plain(markup))
    if not text:
        text = _shorten(_words(body), 8, 80) or "Untitled"
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


def summary(excerpt: str, *, body: str) -> str:
    """Return the excerpt, or else the first words of the body."""
    text = plain(excerpt)
    if text and len(text) <= SUMMARY_LENGTH:
        return text
    return _shorten(text.split() or _words(body), SUMMARY_WORDS, SUMMARY_LENGTH)


def _words(body: str) -> list[str]:
    return plain(_BLOCK_TAG.sub(r" \g<0>", body)).split()


def _shorten(words: list[str], most: int, length: int) -> str:
    text = " ".join(words[:most])
    if len(text) <= length and len(words) <= most:
        return text
    if len(text) >= length:
        text = text[: length - 1]
        text = text.rpartition(" ")[0] or text
    return text.rstrip(" ,;:.–-") + "…"


def slug(stored: str, *fallbacks: str, length: int) -> str:
    """Return the slug, else one made of the first fallback that has letters; or ""."""
    made = (slugify(unquote(each))[:length].strip("-_") for each in (stored, *fallbacks))
    return next((each for each in made if each), "")


def moment(*, gmt: str = "", published: str = "", local: str = "") -> datetime | None:
    """Return the first of a post's dates that is one: GMT, RFC 822, or the site's own time.

    WordPress writes "0000-00-00 00:00:00", or a day in the year -1, where there is none.
    """
    stated = _parse(f"{gmt} +0000", "%Y-%m-%d %H:%M:%S %z")
    stated = stated or _parse(published, "%a, %d %b %Y %H:%M:%S %z")
    if stated:
        return stated.astimezone(UTC)
    stated = _parse(local, "%Y-%m-%d %H:%M:%S")
    return timezone.make_aware(stated).astimezone(UTC) if stated else None


def _parse(stored: str, form: str) -> datetime | None:
    try:
        stated = datetime.strptime(stored, form)
    except ValueError:
        return None
    return stated if 1970 < stated.year < 3000 else None


def person(stored: str) -> str:
    """Return a commenter's name; as in WordPress, who gave none is Anonymous."""
    return clean_name(plain(stored))[:NAME_LENGTH] or "Anonymous"


def web_address(stored: str) -> str:
    """Return a commenter's website, or "" for what is none."""
    try:
        _is_web_address(stored)
    except ValidationError:
        return ""
    return stored if len(stored) <= URL_LENGTH else ""


def ip(stored: str) -> str | None:
    """Return the IP address, of several the first."""
    try:
        return str(ipaddress.ip_address(stored.partition(",")[0].strip()))
    except ValueError:
        return None


def comment_status(approved: str, meta: dict[str, str]) -> tuple[Status, str]:
    """Return the status of a comment, and for one in the trash what it was before, or ""."""
    status = COMMENT_STATUS.get(approved, Status.PENDING)
    before: str = ""
    if status == Status.TRASH:
        before = COMMENT_STATUS.get(meta.get(BEFORE_TRASH, ""), "")
    if UNJUDGED in meta:
        unjudged = {Status.PENDING: Status.SUBMITTED}
        status = unjudged.get(status, status)
        before = unjudged.get(Status(before), before) if before else ""
    return status, before
