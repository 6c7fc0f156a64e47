"""There is always somebody who can let others in: the last administrator stays one."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.db.models import QuerySet


def administrators() -> QuerySet[User]:
    """Return who can come in and may do everything in the admin."""
    all_of_them = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    return all_of_them.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def would_be_none_without(users: QuerySet[User] | list[User]) -> bool:
    """Tell whether the site would lose its last administrator with these.

    To be asked within the transaction that takes them away: it locks all administrators, so that
    two of them cannot take each other's rights at the same time.
    """
    numbers = {user.pk for user in users}
    present = set(administrators().select_for_update().values_list("pk", flat=True))
    return bool(present & numbers) and not present - numbers
