"""Addresses of crypto wallets, told from any other string of letters by their own checksum."""

import hashlib
import re

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

#: What could be one: base58 (Bitcoin, Litecoin, Dogecoin, Tron, XRP), bech32, Ethereum, Monero.
CANDIDATE = re.compile(
    r"(?<![\w/])(?:0x[0-9a-fA-F]{40}|(?:bc1|ltc1|BC1)[0-9a-zA-Z]{25,71}"
    r"|[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|[1-9A-HJ-NP-Za-km-z]{26,35})(?!\w)"
)


def is_wallet(word: str) -> bool:
    """Tell whether `word`, as CANDIDATE found it, is the address of a wallet."""
    if word.startswith("0x"):
        return True
    if word.lower().startswith(("bc1", "ltc1")):
        return _is_bech32(word.lower())
    if len(word) == 95:
        return True
    return any(_checksum_fits(word, alphabet) for alphabet in (_BASE58, _RIPPLE))


def _checksum_fits(word: str, alphabet: str) -> bool:
    """Base58Check: the last four bytes are the beginning of the rest's double SHA-256."""
    number = 0
    for letter in word:
        position = alphabet.find(letter)
        if position < 0:
            return False
        number = number * 58 + position
    if number.bit_length() > 25 * 8:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def _is_bech32(word: str) -> bool:
    """BIP 173 and BIP 350: a polynomial over the five-bit values of prefix and data."""
    prefix, _one, data = word.rpartition("1")
    if any(each not in _BECH32 for each in data):
        return False
    values = [ord(each) >> 5 for each in prefix] + [0] + [ord(each) & 31 for each in prefix]
    checksum = 1
    for value in [*values, *map(_BECH32.index, data)]:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum in (1, 0x2BC830A3)
