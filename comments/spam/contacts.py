"""Detectors of contacts: messengers, phone numbers, wallets. Where a scam wants its reader."""

import re

from comments.spam import wallets
from comments.spam.detector import NAME, TITLE, TITLED, Detector, any_of, spaced

# --- numbers --------------------------------------------------------------------------------

#: An international number; one as Americans write it; one with a blank after each digit.
_PLUS = r"(?<![\w.,$€£%])\+\s?\d{1,3}(?:[ .\-/]{0,2}\(?\d{2,4}\)?){2,5}(?![\w%]|[.,]\d)"
_LOCAL = r"(?<![\w.,$€£])(?:1[ .\-]?)?\(?\d{3}\)?[ .\-]?\d{3}[ .\-]?\d{4}(?![\w%]|[.,]\d)"
_APART = r"(?<![\w.,$€£])\+?\s?\d(?:[ .\-_*]{1,2}\d){8,14}(?![\w%]|[.,]\d)"
_DIGIT_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|plus)"
_WORDS = rf"\b{_DIGIT_WORD}(?:[\s,.-]+{_DIGIT_WORD}){{6,}}\b"
_HANDLE = r"@[a-z][\w.]{3,}"
_ANY_NUMBER = rf"(?:{_PLUS}|{_LOCAL}|{_APART})"
_NUMBER_OR_WORDS = rf"(?:{_LOCAL}|{_APART}|{_WORDS})"

#: What is masked within a match.
CONTACT = any_of(_PLUS, _LOCAL, _APART, _WORDS, _HANDLE)

_NUMBERS = any_of(_PLUS, _LOCAL, _APART)
_DECIMALS = re.compile(r"\d\.\d{1,2}(?: |$)")


def _is_number(match: re.Match[str]) -> bool:
    """A row of quarterly figures is no phone number, nor is what is too short or long to dial."""
    return all(_could_be_dialed(each[0].strip()) for each in _NUMBERS.finditer(match[0]))


def _could_be_dialed(number: str) -> bool:
    """Nine digits and more; fifteen are the most (ITU E.164), and one stands for a trunk 0."""
    digits = sum(each.isdigit() for each in number)
    return 9 <= digits <= 16 and not _DECIMALS.search(number)


# --- messengers -----------------------------------------------------------------------------

_WHATSAPP = spaced("w h? a t") + r"'?[\W_]{0,2}" + spaced("s a p p?") + "p?"
_TELEGRAM = spaced("t e l e g r a") + r"[\W_]{0,2}(?:m|rn)"
_ONLY_CHATS = rf"{_WHATSAPP}|{_TELEGRAM}|{spaced('w e c h a t')}|viber|zangi|imessage"
#: What is nothing else, and what may also be a word or a company that articles are about.
_CHAT = rf"(?<!\w)(?:{_ONLY_CHATS})(?!\w)"
_ANY_CHAT = rf"(?<!\w)(?:{_ONLY_CHATS}|{spaced('s i g n a l')}|skype|instagram|snapchat)(?!\w)"
_PERSON = rf"(?:me|us|him|her|them|(?:my|our|his|her|the)\s\w+|{TITLED}|{NAME})"
_OWNER = r"\b(?:my|our|his|her|your)\s+"
_ASK = (
    r"\b(?:text|message|msg|dm|pm|inbox|write(?:\s+to)?|contact|reach(?:\s+out\s+to)?|hit|add|ping"
    r"|call|find|chat(?:\s+(?:up|with))?|talk\s+to|connect\s+with|get\s+in\s+touch\s+with)\s+"
)
_REACHED = rf"\s+(?:on|via|through|thru|at|by|using)\s+(?:\w+\s+)?{_ANY_CHAT}"
_IS_THERE = r"\b(?:i'?m|i\s+am|s?he'?s|s?he\s+is|they\s+are|they're)\s+(?:always\s+)?"
_CALL = (
    r"\b(?:text|call|sms|message|reach|contact|dial|ring|phone|hit|inbox)\s*"
    r"(?:(?:me|us|him|her|them|now|today|up|on|at|via|this|the|my|our|his|number|line|only"
    rf"|direct\w*|{TITLE})[\s:,.]*){{1,6}}"
)

DETECTORS = (
    Detector(
        "messenger link",
        any_of(
            r"(?:https?://)?(?<![\w.-])(?:t|telegram|wa|signal|viber|line)"
            r"\s?(?:\.|\(?dot\)?)\s?me\s?/\s?[\w+@./?=#%&-]+",
            r"(?:https?://)?(?<![\w.-])(?:api|chat|web)\.whatsapp\.com/[\w./?=#%&+-]+",
            r"(?:https?://)?(?<![\w.-])whatsapp\.com/(?:channel|send)[\w./?=#%&+-]+",
            r"(?:https?://)?(?<![\w.-])signal\.group/[\w#./-]+",
            r"(?:tg|whatsapp|weixin|viber)://[\w./?=#%&+-]+",
        ),
        is_contact=True,
    ),
    Detector(
        "messenger",
        any_of(
            # WhatsApp: jane_trades
            rf"{_ANY_CHAT}\W{{0,3}}\s*"
            r"(?:number|no|id|handle|user\s?name|user|contact|channel|group|chat)?"
            r"\s*(?:is|at|:|=|>|-)+\s*(?P<contact>@?(?=[\w.]*[_\d])[a-z][\w.]{4,})"
        ),
    ),
    Detector(
        "messenger",
        any_of(
            # WhatsApp +1 555…; +1 555… (WhatsApp only); Telegram @jane; @jane on Telegram
            rf"{_ANY_CHAT}[^\n!?]{{0,30}}?(?:{_ANY_NUMBER}|{_WORDS})",
            rf"{_ANY_NUMBER}[^\n.!?\d]{{0,20}}?{_ANY_CHAT}",
            rf"{_ANY_CHAT}[^\n.!?]{{0,12}}?{_HANDLE}",
            rf"{_HANDLE}\s*(?:on|via|at|\()\s*(?:\w+\s+)?{_ANY_CHAT}",
        ),
        holds=_is_number,
    ),
    Detector(
        "messenger",
        any_of(
            # text her on Signal; my Telegram is; drop your WhatsApp; he is available on WeChat
            rf"{_ASK}{_PERSON}(?:\s+(?:up|now|today|directly|out|here))?,?{_REACHED}",
            rf"{_OWNER}{_CHAT}\s*"
            r"(?:number|contact|handle|line|id|info|group|channel|chat|is\b|:|below|page|username)",
            rf"\b(?:drop|leave|send|share)\s+(?:me\s+)?your\s+{_ANY_CHAT}",
            rf"{_IS_THERE}(?:available|active|reachable|there|online)\s+(?:on|via|through)\s+"
            rf"{_ANY_CHAT}",
            # join my free Telegram group; join us on Signal; WhatsApp me; write via Telegram for
            r"\bjoin\s+(?:(?:my|our|his|her|us|this|the|a)\s+)?(?:\w+\s+){0,3}?(?:on\s+)?"
            rf"{_CHAT}(?:\s+(?:\w+\s+)?(?:group|channel|community|room|chat))",
            rf"\bjoin\s+(?:us|me|him|her|them)\s+on\s+{_ANY_CHAT}",
            rf"(?<!\w)(?:{_WHATSAPP}|{_TELEGRAM})\s+(?:me|him|her|us)\b",
            r"\b(?:contact|reach|message|text|write|inbox|dm)\W+(?:\w+\W+){0,2}?"
            rf"(?:via|on|through)\s+{_CHAT}\s+(?:for|to)\b",
        ),
    ),
    Detector(
        "phone number",
        any_of(
            _PLUS,
            rf"{_CALL}{_NUMBER_OR_WORDS}",
            r"\b(?:phone|tel|telephone|cell|mobile|contact|text|sms|call)"
            rf"(?:\s+(?:number|no|line))?\s*[:#>=-]+\s*{_NUMBER_OR_WORDS}",
            r"\+[\W_]{0,2}(?:\d[ .\-_*]{1,2}){8,14}\d",
            rf"\bplus[\s-]+(?:{_DIGIT_WORD}[\s,.-]+){{6,}}{_DIGIT_WORD}\b",
        ),
        holds=_is_number,
    ),
    Detector(
        "wallet address",
        wallets.CANDIDATE,
        holds=lambda match: wallets.is_wallet(match[0]),
        is_contact=True,
    ),
)
