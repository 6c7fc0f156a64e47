"""Which comments of a tab are shown. All of it stands in the address, and nothing private does:
whoever wrote, and from where, is named by the number of a comment of theirs.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from comments import privacy, roles
from comments.client_address import network_of
from comments.desk.records import hashes_of
from comments.desk.shelves import Tab
from comments.desk.sought import Sought
from comments.desk.windows import LOOKED_THROUGH
from comments.models import Comment, Submission
from comments.status import HeldFor, Verdict

#: Characters of what is searched for.
TYPED_MOST = 200
#: So many articles may fit what was typed.
ARTICLES_MOST = 50
_NOWHERE: dict[str, Any] = {"pk__in": ()}
_ID: dict[str, Any] = {
    "required": False,
    "min_value": 1,
    "max_value": 2**63 - 1,
    "widget": forms.HiddenInput,
}
_DAY: dict[str, Any] = {
    "required": False,
    "widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    # Within these a day more or less, in any time zone, is a date too.
    "validators": [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31))],
}


class FilterForm(forms.Form):
    """What may be asked for. Each field that cannot be read is told, and leaves out nothing."""

    q = forms.CharField(
        label=gettext_lazy("Search: words, a name, an email address or an IP address"),
        required=False,
        max_length=TYPED_MOST,
    )
    article = forms.CharField(label=gettext_lazy("Article"), required=False, max_length=TYPED_MOST)
    held_for = forms.ChoiceField(
        label=gettext_lazy("Held for"),
        choices=[("", gettext_lazy("anything")), *HeldFor.choices],
        required=False,
    )
    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"),
        choices=[("", gettext_lazy("any")), *Verdict.choices],
        required=False,
    )
    first = forms.DateField(label=gettext_lazy("From"), **_DAY)
    last = forms.DateField(label=gettext_lazy("To"), **_DAY)
    order = forms.ChoiceField(
        label=gettext_lazy("Order"),
        choices=[("", gettext_lazy("newest first")), ("oldest", gettext_lazy("oldest first"))],
        required=False,
    )
    mine = forms.BooleanField(label=gettext_lazy("Only on my articles"), required=False)
    # What else came from where these comments came from.
    writer = forms.IntegerField(**_ID)
    ip = forms.IntegerField(**_ID)
    network = forms.IntegerField(**_ID)

    def clean(self) -> None:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and first > last:
            self.add_error("last", _("This is before the first day."))


class Filters:
    """What was asked for, applied to a tab. Each of `chips` leads to the view without it."""

    def __init__(self, asked: Mapping[str, Any], user: User) -> None:
        known = {name: asked.get(name, "") for name in FilterForm.base_fields}
        self.form = FilterForm({name: value for name, value in known.items() if value})
        self.form.is_valid()
        self.user = user
        self.chips: list[tuple[str, str]] = []
        #: What finds all this; of nothing, until `apply` knows where.
        self.sought = Sought(Comment.objects.none(), (), is_whole=True)
        self._origins: dict[int, Submission] = {}

    @property
    def oldest(self) -> bool:
        return self._value("order") == "oldest"

    @property
    def any_wrong(self) -> bool:
        return bool(self.form.errors)

    def apply(self, rows: QuerySet[Comment], shown: Tab) -> QuerySet[Comment]:
        """Leave of the `rows` of a tab what was asked for, but for the words; set `sought`."""
        role = roles.role_of(self.user)
        own = role.articles if role else ()
        sought = self.sought = Sought(rows, shown.statuses, shown.is_whole, articles=own)
        if self._value("article") or self._value("mine"):
            rows = self._on_articles(rows)
        self._origins = self._look_up_origins()
        for name in ("held_for", "verdict", "first", "last", *_ORIGINS):
            if value := self._value(name):
                condition, said = getattr(self, f"_{name}")(value)
                rows = rows.filter(condition)
                self.chips.append((str(said), self.query(**{name: ""})))
        first, last = self._value("first"), self._value("last")
        if first or last:
            since = Q(created_at__gte=_midnight(first)) if first else Q()
            until = Q(created_at__lt=_midnight(last + timedelta(days=1))) if last else Q()
            sought.days = since & until
        if words := self._value("q"):
            sought.words = words
            self.chips.append((f"“{words}”", self.query(q="")))
        return rows

    @property
    def cut(self) -> str:
        """Say so if there was more to look through than was looked through."""
        if not self.sought.is_cut:
            return ""
        said = (
            _("Only the %d oldest that came into question were looked through.")
            if self.oldest
            else _("Only the %d newest that came into question were looked through.")
        )
        return said % LOOKED_THROUGH

    def query(self, **changes: Any) -> str:
        """Return what stands in the address of this view, with `changes`, from "?" on."""
        values = {name: self._value(name) for name in FilterForm.base_fields} | changes
        said = {name: "on" if value is True else value for name, value in values.items() if value}
        return f"?{urlencode(said)}" if said else ""

    def _value(self, name: str) -> Any:
        return self.form.cleaned_data.get(name)

    def _on_articles(self, rows: QuerySet[Comment]) -> QuerySet[Comment]:
        """Find, in one query, the articles that are meant by title, by author or by both."""
        value, mine = self._value("article"), self._value("mine")
        fits, own = Article.objects.order_by("-pk"), self.sought.articles
        if own is not None:
            fits = fits.filter(pk__in=own)  # titles of drafts are nobody else's business
        if mine:
            fits = fits.filter(author__user=self.user)
            self.chips.append((_("on my articles"), self.query(mine="")))
        if value:
            fits = fits.filter(Q(slug=value) | Q(title__icontains=value))[: ARTICLES_MOST + 1]
        found = dict(fits.values_list("pk", "title"))
        if value:
            if len(found) > ARTICLES_MOST:
                found.popitem()
                said = _("More than %(n)d articles fit; shown is what is on the newest %(n)d.")
                self.form.add_error("article", said % {"n": ARTICLES_MOST})
            title = next(iter(found.values())) if len(found) == 1 else f"“{value}”"
            self.chips.append((_("on %s") % title, self.query(article="")))
            if not found and mine:
                self.form.add_error("article", _("None of your articles has this in its title."))
            elif not found:
                self.form.add_error("article", _("No article has this in its title."))
        self.sought.articles = set(found)
        return rows.filter(article__in=found)

    def _held_for(self, value: str) -> tuple[Q, str]:
        self.sought.held_for = value
        return Q(held_for=value), str(HeldFor(value).label)

    def _verdict(self, value: str) -> tuple[Q, str]:
        self.sought.verdict = value
        return Q(verdict=value), str(Verdict(value).label)

    def _first(self, value: Any) -> tuple[Q, str]:
        return Q(created_at__gte=_midnight(value)), _("from %s") % value.isoformat()

    def _last(self, value: Any) -> tuple[Q, str]:
        end = _midnight(value) + timedelta(days=1)
        return Q(created_at__lt=end), _("to %s") % value.isoformat()

    def _writer(self, value: int) -> tuple[Q, str]:
        origin = self._origin("writer", value)
        hashes = hashes_of(origin) if origin else ()
        said = origin.masked_email if origin else f"#{value}"
        return self._from(email_hash__in=hashes), _("by %s") % said

    def _ip(self, value: int) -> tuple[Q, str]:
        origin = self._origin("ip", value)
        ip = origin.ip if origin else None
        return self._from(**{"ip": ip} if ip else _NOWHERE), self._said(value, ip)

    def _network(self, value: int) -> tuple[Q, str]:
        origin = self._origin("network", value)
        network = origin.network if origin else ""
        condition = self._from(**{"network": network} if network else _NOWHERE)
        # SQLite uses the index, which has only networks that are known, if that is said.
        self.sought.origin = Q(self.sought.origin) & ~Q(network="")
        return condition, self._said(value, network)

    def _said(self, value: int, origin: str | None) -> str:
        """Name where comments came from; to those who may not know that, by a comment's number."""
        return _("from %s") % (origin if origin and roles.moderates(self.user) else f"#{value}")

    def _from(self, **origin: Any) -> Q:
        # Of two origins the one is looked for in what the other finds.
        self.sought.origin = Q(**origin)
        return Q(**{f"submission__{name}": value for name, value in origin.items()})

    def _look_up_origins(self) -> dict[int, Submission]:
        """Return, by number, the private halves of all comments whose origin is asked for."""
        pks = {value for name in _ORIGINS if (value := self._value(name))}
        if not pks:
            return {}
        visible = roles.visible_to(self.user, Comment.objects.filter(pk__in=pks).order_by())
        return {row.pk: row for row in Submission.objects.filter(comment__in=visible)}

    def _origin(self, name: str, pk: int) -> Submission | None:
        """Return the private half that a number stands for, if it still says what is asked for."""
        origin = self._origins.get(pk)
        if origin is None or not getattr(origin, _ORIGINS[name]):
            said = _("Comment %d, by which this was to be found, is gone or no longer says it.")
            self.form.add_error(name, said % pk)
            return None
        return origin


#: What a comment's number may stand for, and the column that says it.
_ORIGINS = {"writer": "email_hash", "ip": "ip", "network": "network"}


def private_search(words: str, user: User) -> tuple[str, int | None] | None:
    """Read what was searched for as an email address, an IP address or a network of them.

    Return the filter that finds what came from there, and the number of a comment that did (None:
    none that `user` may see did); None when it is neither, but words. Raises ValidationError for a
    network of another size than those that are kept.
    """
    words = words.strip()
    rows = Submission.objects.order_by("-at").values_list("pk", flat=True)
    role = roles.role_of(user)
    if role is not None and role.articles is not None:
        rows = rows.filter(comment__article__in=role.articles)
    if "@" in words and _is_address(words):
        return "writer", rows.filter(email_hash__in=privacy.address_hashes(words)).first()
    try:
        if "/" not in words:
            ip = ip_address(words)
            ip = getattr(ip, "ipv4_mapped", None) or ip
            return "ip", rows.filter(ip=str(ip)).first()
        network = ip_network(words, strict=False)
    except ValueError:
        return None
    if str(network) != network_of(str(network.network_address)):
        raise ValidationError(_("Networks can be searched for as /24 (IPv4) or /48 (IPv6)."))
    return "network", rows.filter(network=str(network)).exclude(network="").first()


def _is_address(words: str) -> bool:
    try:
        validate_email(words)
    except ValidationError:
        return False
    return True


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def number(text: str) -> int | None:
    """Read the number of a comment, as it stands in an address; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
