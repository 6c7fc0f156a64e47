"""`/comment-data/`: how a comment's data is processed, said from the settings in force."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from articles.page_cache import shareable
from comments.models import Discussion
from comments.personal.retention import ADDRESS_DAYS, MAIL_DAYS, READER_DAYS
from comments.tokens import DAY, MANAGE

#: What is kept, and for how long.
Period = tuple[str | Promise, str | Promise]


@shareable
@require_safe
def comment_data(request: HttpRequest) -> HttpResponse:
    """What is stored, for how long, who else gets it, and whom to ask."""
    discussion = Discussion.load()
    akismet, mail = bool(settings.AKISMET_API_KEY), settings.MAIL_ENABLED
    return render(
        request,
        "comments/comment_data.html",
        {
            "discussion": discussion,
            "akismet": akismet,
            "mail": mail,
            "periods": _periods(discussion, akismet=akismet, mail=mail),
            "edit_time": _minutes(discussion.edit_minutes),
            "link_days": _days(MANAGE.seconds // DAY),
            "contact": _contact(),
        },
    )


def _periods(discussion: Discussion, *, akismet: bool, mail: bool) -> list[Period]:
    origin = _days(discussion.origin_days)
    spam = _days(discussion.spam_days)
    with_comment = _("as long as the comment")
    rows: list[Period] = [
        (_("A published comment, its name and website"), _("until you or a moderator remove it")),
        (_("The email address, encrypted"), with_comment),
        (_("Earlier versions of an edited comment"), with_comment),
        (_("What was decided about it, when and why"), with_comment),
        (_("IP address, browser’s name, referring page"), origin),
        (_("Comments taken for spam"), spam),
        (_("Removed comments"), _days(discussion.trash_days)),
        (_("IP address of who reports a comment"), origin),
        (_("A reported error"), _("as long as the article; taken for spam, %s") % spam),
        (
            _("Name and address (encrypted) of who reports an error"),
            _("until it is decided, and then %s") % _days(READER_DAYS),
        ),
        (_("The network that a reported error came from"), origin),
        (_("A ban, with the address or IP address"), _("until it ends, and then %s") % origin),
    ]
    if akismet:
        rows.append((_("Copy of what Akismet received"), _days(discussion.sent_days)))
    if mail:
        rows += [
            (
                _("The address that we sent a link to, encrypted, and when"),
                _("as long as a comment of yours, and then up to %s") % _days(ADDRESS_DAYS),
            ),
            (_("The note that a mail was sent"), _days(MAIL_DAYS)),
            (_("The note that you want no mail, with the address"), _("until you have it erased")),
        ]
    return rows


def _days(number: int) -> str:
    return ngettext("%d day", "%d days", number) % number


def _minutes(number: int) -> str:
    return ngettext("%d minute", "%d minutes", number) % number if number else ""


def _contact() -> dict[str, Any] | None:
    """Return where PRIVACY_CONTACT leads and what is written there, None while it is not set."""
    contact = settings.PRIVACY_CONTACT
    if not contact:
        return None
    return {"href": f"mailto:{contact}" if "@" in contact else contact, "text": contact}
