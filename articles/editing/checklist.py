"""What is looked at before an article appears: one table of checks.

Each check reads a snapshot and answers with what it found; none of them asks the network. Whether
a check blocks or advises is set in the editorial rules.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import html
from articles.editing import links, models
from articles.editing.markup import headings, pictures_without_alt
from articles.editing.snapshot import LABELS, Snapshot


@dataclass(frozen=True)
class Problem:
    """One thing that a check found: what it is, and the field in which it can be mended."""

    field: str
    said: str

    def __str__(self) -> str:
        return f"{LABELS[self.field]}: {self.said}"

    @property
    def anchor(self) -> str:
        """Where the field stands in the article's form."""
        return "disclosures-group" if self.field == "disclosures" else f"id_{self.field}"

    @property
    def label(self) -> str | Promise:
        return LABELS[self.field]


@dataclass(frozen=True)
class Check:
    """`label` is what it is when all is well, in the panel and in the editorial rules."""

    name: str
    label: str | Promise
    find: Callable[[Snapshot], Iterator[Problem]]


@dataclass(frozen=True)
class Result:
    """What one check found, and whether that keeps the article from appearing."""

    check: Check
    blocks: bool
    problems: list[Problem]


def _markers(article: Snapshot) -> Iterator[Problem]:
    for field in ("title", "summary", "body", "picture_alt", "picture_caption", "seo_title",
                  "seo_description"):  # fmt: skip
        text = html.plain_text(article[field]) if field == "body" else article[field]
        for context in links.markers(text):
            yield Problem(field, _("TK in “%s”") % context)


def _alt(article: Snapshot) -> Iterator[Problem]:
    if article["picture"] and not article["picture_alt"].strip():
        yield Problem("picture_alt", _("The picture needs an alternative text."))
    for source in pictures_without_alt(article["body"]):
        yield Problem("body", _('%s has no alternative text; alt="" if it is decorative.') % source)


def _disclosure(article: Snapshot) -> Iterator[Problem]:
    disclosed = {row["id"] for row in article["disclosures"]}
    for tag in article["tags"]:
        if tag["kind"] == "ticker" and tag["id"] not in disclosed:
            yield Problem("disclosures", _("%s is tagged and not disclosed.") % tag["name"])


def _summary(article: Snapshot) -> Iterator[Problem]:
    if not article["summary"].strip():
        yield Problem("summary", _("Missing."))


def _links(article: Snapshot) -> Iterator[Problem]:
    for address in links.broken(article["body"], article["slug"]):
        yield Problem("body", _("%s leads nowhere.") % address)


def _headings(article: Snapshot) -> Iterator[Problem]:
    last = 1
    for level, title in headings(article["body"]):
        if level > last + 1:
            said = _("“%(title)s” is an h%(level)d and follows an h%(last)d.") % {
                "title": title,
                "level": level,
                "last": last,
            }
            yield Problem("body", said)
        last = level


def _tags(article: Snapshot) -> Iterator[Problem]:
    if not article["tags"]:
        yield Problem("tags", _("None."))


def _picture(article: Snapshot) -> Iterator[Problem]:
    if not article["picture"]:
        yield Problem("picture", _("None. Links to the article will show a plain card."))


def _long(field: str, otherwise: str, shown: int) -> Callable[[Snapshot], Iterator[Problem]]:
    def find(article: Snapshot) -> Iterator[Problem]:
        used = field if article[field].strip() else otherwise
        length = len(article[used].strip())
        if length > shown:
            yield Problem(
                used,
                _("%(length)d characters, of which about %(shown)d are shown in search results.")
                % {"length": length, "shown": shown},
            )

    return find


_l = gettext_lazy
CHECKS: tuple[Check, ...] = (
    Check("tk", _l("No TK marks"), _markers),
    Check("alt", _l("Pictures have alternative texts"), _alt),
    Check("disclosure", _l("Tagged tickers are disclosed"), _disclosure),
    Check("summary", _l("There is a summary"), _summary),
    Check("links", _l("Links within the site lead somewhere"), _links),
    Check("headings", _l("Headings leave out no level"), _headings),
    Check("tags", _l("There are tags"), _tags),
    Check("picture", _l("There is a picture"), _picture),
    Check(
        "seo_title",
        _l("The title fits into search results"),
        _long("seo_title", "title", models.SEO_TITLE_SHOWN),
    ),
    Check(
        "seo_description",
        _l("The description fits into search results"),
        _long("seo_description", "summary", models.SEO_DESCRIPTION_SHOWN),
    ),
)


def results(article: Snapshot) -> list[Result]:
    """Run every check; in the order of the table."""
    blocking = models.EditorialRules.load().blocking
    return [Result(each, each.name in blocking, list(each.find(article))) for each in CHECKS]


def hindrances(stored: Snapshot | None, wanted: Snapshot) -> list[Problem]:
    """Return what keeps `stored` from becoming `wanted`: nothing where that is a draft.

    What blocks, blocks an article that has a time at which it appears, passed or to come. Faults
    that it had while it had one already do not: whoever corrects a word need not mend the rest.
    """
    if not wanted["published_at"]:
        return []
    old: set[Problem] = set()
    if stored and stored["published_at"]:
        old = {problem for result in results(stored) for problem in result.problems}
    return [
        problem
        for result in results(wanted)
        if result.blocks
        for problem in result.problems
        if problem not in old
    ]
