"""What waits for an editor among the reported errors: for the first page of the admin."""

from django import template
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.templatetags.editors import COUNTED_MOST, Waiting
from comments.models import ErrorReport

register = template.Library()


@register.simple_tag
def waiting_errors(user: User) -> list[Waiting]:
    """Return what waits for `user`; one query, and none for others."""
    if not user.has_perm("comments.change_errorreport"):
        return []
    rows = ErrorReport.objects.filter(state=ErrorReport.State.OPEN).order_by()
    count = len(rows.values_list("pk")[: COUNTED_MOST + 1])
    url = reverse("admin:comments_errorreport_changelist")
    return [Waiting(_("Errors that readers reported"), count, f"{url}?state__exact=open")]
