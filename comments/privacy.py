"""Readers' addresses: encrypted at rest, found by a keyed hash, shown masked."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

_HASH_SALT = "comments.privacy.address"


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


class EncryptedTextField(models.TextField):
    """A text that is encrypted in the database and plain in Python. It cannot be searched."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str:
        return decrypt(value) if value else ""

    def get_prep_value(self, value: str | None) -> str:
        return encrypt(value) if value else ""


def normalize_address(email: str) -> str:
    """Return the form in which two spellings of one e-mail address are equal."""
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
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
