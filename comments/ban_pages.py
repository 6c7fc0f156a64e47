"""The desk's pages of bans: who is banned, a form to ban somebody, a button to end a ban."""

from datetime import datetime, time, timedelta
from ipaddress import ip_address
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from comments import bans, privacy
from comments.client_address import client_address, network_of
from comments.desk.pages import moderators_only
from comments.models import EMAIL_LENGTH, Ban, Comment

PAGE_SIZE = 50
#: What the form proposes: most bans need not last for ever.
USUAL = timedelta(days=30)


class BanForm(forms.Form):
    """Whom to ban, typed or ticked, and until when. `bans` are what it makes, not saved yet.

    With a comment, its writer's address, machine and network can be ticked: moderators need not
    see an address to ban it.
    """

    who = forms.CharField(required=False, max_length=EMAIL_LENGTH)
    targets = forms.MultipleChoiceField(required=False)
    until = forms.DateField(
        required=False, error_messages={"invalid": gettext_lazy("Please give a date.")}
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        error_messages={
            "max_length": gettext_lazy("Please shorten the note to %(limit_value)d characters.")
        },
    )
    sure = forms.BooleanField(required=False)

    def __init__(self, *args: Any, comment: Comment | None = None, own_ip: str | None, **kw: Any):
        super().__init__(*args, **kw)
        self.bans: list[Ban] = []
        self.needs_confirmation = False
        self.own_ip = own_ip
        self.found = _targets(comment) if comment else {}
        targets = cast(forms.MultipleChoiceField, self.fields["targets"])
        targets.choices = [(name, label) for name, (label, _ban) in self.found.items()]
        targets.initial = list(self.found)[:1]

    def clean_until(self) -> datetime | None:
        """The day given is the last one of the ban."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise ValidationError(_("This day is over."))
        try:
            return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        except (OverflowError, ValueError) as error:
            raise ValidationError(_("Please give a nearer day, or none.")) from error

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        chosen = [self.found[name][1] for name in data.get("targets", [])]
        if data.get("who"):
            try:
                chosen.append(_read(data["who"]))
            except ValidationError as error:
                self.add_error("who", error)
        elif not chosen and not self.errors:
            self.add_error("who", _("Please say whom to ban."))
        for ban in chosen:
            ban.until, ban.note = data.get("until"), data.get("note", "")
            self._check(ban)
        self.bans = chosen
        return data

    def _check(self, ban: Ban) -> None:
        """Refuse what cannot be meant; ask once more about what may be a slip."""
        if _is_banned(ban):
            said = _("%s is banned already. End that ban first to change it.")
            self.add_error(None, said % (ban.network or ban.masked_email))
            return
        doubts = []
        if ban.network:
            network = bans.read_network(ban.network)
            if bans.is_wide(network):
                doubts.append(_("%s is very wide: many people share it.") % network)
            if self.own_ip and ip_address(self.own_ip) in network:
                doubts.append(_("%s is where you are yourself.") % network)
        if doubts and not self.cleaned_data.get("sure"):
            self.needs_confirmation = True
            for doubt in doubts:
                self.add_error(None, doubt)


def _read(text: str) -> Ban:
    """Return a ban of what was typed. Raises ValidationError."""
    text = text.strip()
    if "@" in text:
        validate_email(text)
        return Ban(email=_not_of_staff(text))
    try:
        return Ban(network=str(bans.read_network(text)))
    except ValueError as error:
        said = _("This is no email address, IP address or range such as 203.0.113.0/24.")
        raise ValidationError(said) from error


def _not_of_staff(email: str) -> str:
    address = privacy.normalize_address(email)
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="")
    if address in map(privacy.normalize_address, staff.values_list("email", flat=True)):
        raise ValidationError(_("This is the address of somebody on the staff."))
    return email


def _targets(comment: Comment) -> dict[str, tuple[str, Ban]]:
    """Return what is known of a comment's writer that can be banned: name, label, ban."""
    found: dict[str, tuple[str, Ban]] = {}
    submission = comment.submission
    if submission.can_be_revealed:
        try:
            ban = Ban(email=_not_of_staff(submission.email))
            found["email"] = (_("the address %s") % submission.masked_email, ban)
        except ValidationError:
            pass  # a guest who uses it is no reason to shut its holder out
    if submission.ip:
        here, wider = bans.read_network(submission.ip), network_of(submission.ip)
        label = _("the machine %s") % submission.ip
        if here.version == 6:  # whoever has one such address has the /64 that it lies in
            here = here.supernet(new_prefix=64)
            label = _("the connection %s") % here
        found["machine"] = (label, Ban(network=str(here)))
        found["network"] = (_("its whole network %s") % wider, Ban(network=wider))
    return found


def _is_banned(ban: Ban) -> bool:
    same = Q(network=ban.network)
    if ban.email:
        same = Q(email_hash__in=privacy.address_hashes(ban.email))
    return Ban.objects.in_force().filter(same).exists()


@moderators_only
@require_http_methods(["GET", "HEAD", "POST"])
def ban_list(request: HttpRequest) -> HttpResponse:
    """The bans in force, or those that ended (`?ended=1`), and a form; a POST bans.

    `?comment=ID` lets the form offer that comment's writer.
    """
    comment, own_ip = _comment(request), client_address(request)
    if request.method != "POST":
        initial = {"until": (timezone.localdate() + USUAL).isoformat()}
        return _show(request, comment, BanForm(comment=comment, own_ip=own_ip, initial=initial))
    form = BanForm(request.POST, comment=comment, own_ip=own_ip)
    if not form.is_valid():
        return _show(request, comment, form, status=422)
    with transaction.atomic():
        for ban in form.bans:
            bans.make(ban, by=cast(User, request.user))
    said = ngettext("%d ban is in force now.", "%d bans are in force now.", len(form.bans))
    messages.success(request, said % len(form.bans))
    return redirect("comments:bans")


@moderators_only
def end_ban(request: HttpRequest, pk: int) -> HttpResponse:
    """End one ban. Only a POST does."""
    if request.method != "POST":
        messages.warning(request, _("Nothing was changed: please press the button once more."))
        return redirect("comments:bans")
    ban = Ban.objects.filter(pk=pk).first()
    if ban and bans.end(ban, by=cast(User, request.user)):
        messages.success(request, _("The ban of %s ended.") % (ban.network or ban.masked_email))
    else:
        messages.warning(request, _("This ban had ended already."))
    return redirect("comments:bans")


def _comment(request: HttpRequest) -> Comment | None:
    """Return the comment that the page was asked for; none by staff, whom no ban stops."""
    said = request.POST.get("comment", "") or request.GET.get("comment", "")
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        return None
    comments = Comment.objects.select_related("submission").filter(user=None)
    return comments.filter(pk=int(said)).exclude(submission=None).first()


def _last(ban: Ban) -> datetime | None:
    """Return the last minute of a ban: one to the end of a day names that day, not the next."""
    return ban.until and ban.until - timedelta(minutes=1)


def _show(
    request: HttpRequest, comment: Comment | None, form: BanForm, *, status: int = 200
) -> HttpResponse:
    ended, before = request.GET.get("ended") == "1", request.GET.get("before", "")
    in_force = Ban.objects.in_force()
    shown = Ban.objects.filter(until__lte=timezone.now()) if ended else in_force
    shown = shown.select_related("by").order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) < 19:
        shown = shown.filter(pk__lt=int(before))
    page = list(shown[: PAGE_SIZE + 1])
    enders = bans.enders(page) if ended else {}
    asked = request.POST.get("comment", "") or request.GET.get("comment", "")
    context = {
        "comment": comment,
        "nothing_known": asked and not form.found,
        "form": form,
        "ended": ended,
        "rows": [(ban, enders.get(ban.pk), _last(ban)) for ban in page[:PAGE_SIZE]],
        "next_before": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "before": before,
    }
    return render(request, "comments/bans.html", context, status=status)
