"""Secrets of authenticator apps: encrypted at rest, with a key of their own."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@lru_cache(maxsize=4)
def _cipher(secrets: tuple[str, ...]) -> MultiFernet:
    def key(secret: str) -> bytes:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"staff.secret").derive(secret.encode())
        return base64.urlsafe_b64encode(derived)

    return MultiFernet([Fernet(key(secret)) for secret in secrets])


def seal(secret: bytes) -> str:
    """Return `secret` encrypted with the current SECRET_KEY."""
    return _cipher((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)).encrypt(secret).decode()


def is_current(sealed: str) -> bool:
    """Tell whether `sealed` was made with the current SECRET_KEY, not with a former one."""
    try:
        _cipher((settings.SECRET_KEY,)).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def unseal(sealed: str) -> bytes | None:
    """Return what `seal` was given, or None when neither SECRET_KEY nor a former one opens it."""
    cipher = _cipher((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    try:
        return cipher.decrypt(sealed.encode())
    except InvalidToken:
        return None
