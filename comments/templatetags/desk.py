"""Who finds a way to the moderation desk on pages that are not the desk's own."""

from django import template
from django.contrib.auth.models import AnonymousUser, User

from comments.roles import role_of

register = template.Library()


@register.filter
def uses_desk(user: User | AnonymousUser) -> bool:
    """Tell whether there is anything at the desk that `user` may decide about."""
    return bool(user) and role_of(user) is not None
