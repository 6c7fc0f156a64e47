"""Who finds a way to the moderation desk on pages that are not the desk's own; and what all pages
of the desk say.
"""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser, User
from django.template import Context

from comments import health, roles
from comments.desk.history import in_words

register = template.Library()


@register.filter
def uses_desk(user: User | AnonymousUser) -> bool:
    """Tell whether there is anything at the desk that `user` may decide about."""
    return bool(user) and roles.role_of(user) is not None


register.filter("in_words", in_words)


@register.filter
def moderates(user: User | AnonymousUser) -> bool:
    """Tell whether `user` may decide about everything."""
    return bool(user) and roles.moderates(user)


@register.inclusion_tag("comments/_health_banner.html", takes_context=True)
def health_banner(context: Context) -> dict[str, Any]:
    """Tell moderators what is wrong with Akismet and the workers; one query, none for others.

    A page that knows has it as `banner`. An author could do nothing about it.
    """
    request = context["request"]
    if "banner" in context:
        banner = context["banner"]
    else:
        banner = health.banner() if roles.moderates(request.user) else None
    return {"banner": banner, "request": request}
