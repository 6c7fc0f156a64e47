"""Deciding from a mail: the page behind the links *Approve*, *Spam* and *Trash* in a digest.

The token in the address says which comment, who decides and what, and is the only authority: there
is no session. A GET changes nothing, since mail programs follow links by themselves; the button
does, once, as the moderator whom the mail was for.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments import forgery, moderation, roles, tokens
from comments.desk.links import written_out
from comments.models import Comment, StatusChange
from comments.status import VERBS, Source, Status, Verb
from comments.writer.editing import version
from comments.writer.manage import FOREIGN
from comments.writer.token_pages import Gone, token_page

#: So long the page that decided also takes back.
UNDO_WITHIN = timedelta(minutes=10)
REFUSED = gettext_lazy("The mail was for somebody who may not decide about this comment any more.")
CHANGED = gettext_lazy("Its text was changed meanwhile. Please read it once more.")


@token_page(tokens.MAILED_DECISION, gone="comments/mailed_gone.html")
def mailed(request: HttpRequest, value: list) -> HttpResponse:
    """Show one comment with the one button that the link is for; a POST decides."""
    pk, user_pk, name, since = value
    comment = Comment.objects.select_related("article", "submission", "parent").filter(pk=pk)
    found, user = comment.first(), User.objects.filter(pk=user_pk).first()
    if found is None:
        raise Gone(_("This comment is gone."))
    if user is None or not roles.may_moderate(user, found):
        return render(request, "comments/mailed_gone.html", {"said": REFUSED}, status=403)
    page = _Page(request, found, user, VERBS[name], datetime.fromisoformat(since))
    if request.method != "POST":
        return page.show()
    if forgery.is_foreign(request):
        return page.show(problem=str(FOREIGN), status=403)
    try:
        return page.take_back() if "undo" in request.POST else page.decide()
    except moderation.AlreadyDecided as decided:
        found.refresh_from_db()
        return page.show(problem=f"{decided} {_('Nothing was changed.')}", status=409)


class _Page:
    """One request for one comment, by one moderator, for one verb."""

    def __init__(
        self, request: HttpRequest, comment: Comment, user: User, verb: Verb, since: datetime
    ) -> None:
        self.request, self.comment, self.user = request, comment, user
        self.verb, self.since = verb, since

    def decide(self) -> HttpResponse:
        """Do what the link is for. Raises AlreadyDecided."""
        if self._waits and self.request.POST.get("version", "") != version(self.comment):
            return self.show(problem=str(CHANGED), status=409)
        moderation.decide(
            self.verb,
            self.comment,
            by=self.user,
            seen=Status.PENDING,
            since=self.since,
            from_mail=True,
        )
        return HttpResponseRedirect(self.request.path)

    def take_back(self) -> HttpResponse:
        """Undo what was decided here a moment ago. Raises AlreadyDecided."""
        if self._own_decision() is None:
            raise moderation.AlreadyDecided(self.comment)
        moderation.undo(
            self.comment, by=self.user, seen=self.comment.status, since=self.comment.since
        )
        return HttpResponseRedirect(self.request.path)

    def show(self, *, problem: str = "", status: int = 200) -> HttpResponse:
        comment = self.comment
        own = self._own_decision()
        context = {
            "comment": comment,
            "html": written_out(comment.html),
            "verb": self.verb,
            "waits": self._waits,
            "own": own,
            "decided": "" if self._waits else self._said(),
            "version": version(comment),
            "user_name": self.user.get_username(),
            "problem": problem,
            "here": self.request.path,
        }
        return render(self.request, "comments/mailed.html", context, status=status)

    def _said(self) -> str:
        if self.comment.status == Status.PENDING:
            return _("It is in the queue again.")
        return str(moderation.AlreadyDecided(self.comment))

    @property
    def _waits(self) -> bool:
        return self.comment.status == Status.PENDING and self.comment.since == self.since

    def _own_decision(self) -> StatusChange | None:
        """Return the step that this page made last, while it may be taken back."""
        last = self.comment.changes.order_by("-at", "-pk").first()
        if (
            last is None
            or last.source != Source.MODERATOR
            or last.by_id != self.user.pk
            or not last.reason.startswith(moderation.FROM_MAIL)
            or timezone.now() - last.at > UNDO_WITHIN
        ):
            return None
        return last
