"""Readers' addresses: encrypted at rest, found by a keyed hash, shown masked."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

_HASH_SALT = "comments.privacy.address"
#: Stands for a text that was encrypted under another SECRET_KEY.
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def _secrets() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def _cipher(secrets: tuple[str, ...]) -> MultiFernet:
    def key(secret: str) -> bytes:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"comments.privacy").derive(
            secret.encode()
        )
        return base64.urlsafe_b64encode(derived)

    return MultiFernet([Fernet(key(secret)) for secret in secrets])


def encrypt(text: str) -> str:
    """Return `text` encrypted with the current SECRET_KEY."""
    return _cipher(_secrets()).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return what `encrypt` was given, under the current SECRET_KEY or one of its fallbacks.

    Raises cryptography.fernet.InvalidToken when none of them fits.
    """
    return _cipher(_secrets()).decrypt(token.encode()).decode()


def is_current(token: str) -> bool:
    """Tell whether `token` was made with the current SECRET_KEY, not with a former one."""
    try:
        _cipher((settings.SECRET_KEY,)).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(models.TextField):
    """A text that is encrypted in the database and plain in Python. It cannot be searched.

    What no key of ours opens reads as UNREADABLE, so that one lost key does not close the desk;
    it cannot be saved, so that the right key may still come back.
    """

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str:
        try:
            return decrypt(value) if value else ""
        except InvalidToken:
            return UNREADABLE

    def get_prep_value(self, value: str | None) -> str:
        if value == UNREADABLE:
            raise ValueError("what could not be read must not be written back")
        return encrypt(value) if value else ""


def normalize_address(email: str) -> str:
    """Return the form in which two spellings of one email address are equal."""
    return email.strip().lower()


def address_hash(email: str) -> str:
    """Return the keyed hash (64 hex digits) under which an address is stored and found."""
    return _hash(normalize_address(email), settings.SECRET_KEY)


def address_hashes(email: str) -> list[str]:
    """Return the hashes under the current key and its fallbacks, for looking an address up."""
    return [_hash(normalize_address(email), secret) for secret in _secrets()]


def _hash(text: str, secret: str) -> str:
    return salted_hmac(_HASH_SALT, text, secret=secret, algorithm="sha256").hexdigest()


def mask_address(email: str) -> str:
    """Return `email` as moderators see it: `jane@example.com` becomes `j•••@example.com`."""
    if email in ("", UNREADABLE):
        return _("address unreadable: encrypted under another key") if email else _("no address")
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
