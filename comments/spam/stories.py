"""Detectors of what scammers tell: a wonderful adviser, funds recovered, returns guaranteed."""

import re

from comments.spam.detector import NAME, TITLE, TITLED, Detector, any_of

_ADVISER = (
    r"(?:(?:account|fund|portfolio|wealth|investment)\s*manager|broker|trader|mentor|coach"
    r"|(?:financial|investment|trading|wealth|crypto)?\s*"
    r"(?:adviser|advisor|analyst|planner|expert|coach))"
)
_MONEY = (
    r"(?:funds?|money|crypto\w*|bitcoins?|btc|usdt|eth\w*|coins?|wallet|capital|savings"
    r"|investments?)"
)
_COIN = r"(?:btc|bitcoins?|eth\w*|usdt|xrp|sol|doge\w*)"
_AMOUNT = r"[$€£]\s?[\d,.]+k?\+?"
_SOON = (
    r"(?:(?:in|within|after|every)\s+(?:just\s+|only\s+|less\s+than\s+)?(?:\w+\s+){0,2}?"
    r"(?:hours?|hrs?|days?|weeks?)|overnight|daily|weekly|(?:per|every|each|a)\s+(?:day|week))\b"
)
_REGULARLY = r"(?:daily|weekly|hourly|(?:per|every|each|a)\s+(?:day|week|hour))\b"
_SCHEME = r"(?:bitcoin|btc|crypto\w*|forex|binary(?:\s+options?)?|trad(?:e|ing)|invest\w*)"
_THANKS = (
    r"(?:thanks\s+to|thank\s+you|grateful\s+to|shout\s*out\s+to|kudos\s+to|credits?\s+to"
    r"|god\s+bless|courtesy\s+of|recommend|guidance\s+of|help\s+of)\s+(?:\w+\s+){0,3}?"
)
_GAINS = (
    r"\b(?:profit\w*|earn\w*|invest\w*|trad\w+|portfolio|account|returns?|withdr\w+|crypto\w*"
    r"|bitcoin|btc|forex|weekly|gains?)\b"
)
_MANAGES = r"(?:manages?d?|managing|handles?d?|handling|trades?d?|trading|invests?)"

# --- promises, and who only speaks of them --------------------------------------------------

_DENIAL = re.compile(
    r"\b(?:no|not|none|never|nobody|nothing|neither|nor|without|cannot|hardly|rarely|\w+n't|dont"
    r"|scam\w*|fraud\w*|ponzi|beware|warn\w*|red\s+flags?|l(?:ying|iars?|ies)|avoid|s[ck]eptic\w*"
    r"|promis\w+|claim\w*|anyone|anybody|whoever|if|future"
    r"|treasur\w+|t-?bills?|bonds?|banks?|annuit\w+|pension\w*|fdic|insur\w+)\b",
    re.IGNORECASE,
)
#: What scammers add and warnings do not.
_PROTEST = re.compile(
    r"\b(?:no|not|isn't)\s+(?:a\s+)?(?:scam|fraud|ponzi)\w*|without\s+\w+"
    r"|no\s+(?:risk|stress|loss)\w*",
    re.IGNORECASE,
)


#: Characters before and after a promise in which its sentence is looked for.
SENTENCE_MOST = 300


def _is_promised(match: re.Match[str]) -> bool:
    """Who says that nothing is guaranteed, or warns of those who do, promises nothing."""
    text = match.string
    first, last = max(0, match.start() - SENTENCE_MOST), match.end() + SENTENCE_MOST
    start = max(first, *(text.rfind(end, first, match.start()) + 1 for end in ".!?\n"))
    ends = (text.find(end, match.end(), last) for end in ".!?\n")
    end = min((each for each in ends if each >= 0), default=last)
    return not _DENIAL.search(_PROTEST.sub("", text[start:end]))


# --- the detectors --------------------------------------------------------------------------

DETECTORS = (
    Detector(
        "praised adviser",
        any_of(
            # Mrs Jane Doe manages my portfolio; trading with Mr Doe
            rf"\b{TITLED}(?:\W+\w+){{0,6}}?\W+{_MANAGES}\s+(?:my|for\s+me|on\s+my|our)\b",
            r"\b(?:trad(?:e|ed|ing)|invest(?:ed|ing)?|work(?:ed|ing)?|copy(?:ing)?|start(?:ed|ing)?)"
            r"\s+(?:\w+\s+){0,2}?(?:with|under|through|from)\s+(?:the\s+\w+\s+of\s+)?(?:my\s+)?"
            rf"(?:{_ADVISER}\W+)?{TITLED}",
            # thanks to Mrs Doe my profits…; I made… thanks to my account manager
            rf"\b{_THANKS}{TITLED}[^\n]{{0,120}}?{_GAINS}",
            rf"(?:{_GAINS}|\bma(?:de|king)\b)[^\n]{{0,120}}?\b{_THANKS}(?:{TITLED}|{_ADVISER}\b)",
            # look her up; my adviser is Mrs Doe; my broker changed my life
            rf"\b(?:look|search|google|find)\s+(?:up\s+)?(?:her|him|his|their|{TITLE})\W+"
            r"(?:(?:full\s+)?names?\W*)?(?:up\b|out\b|on\s*line"
            rf"|on\s+(?:google|the\s+(?:web|internet)|facebook|instagram)|{NAME})",
            rf"\b(?:my|our|a|this|an?)\s+(?:\w+\s+)?{_ADVISER}\W{{0,3}}"
            rf"(?:is|named?|called|goes\s+by|,)?\W{{0,3}}{TITLED}",
            rf"\b(?:my|our)\s+(?:personal\s+|trusted\s+|amazing\s+|wonderful\s+|{TITLE}\s*)?"
            rf"{_ADVISER}[^\n.!?]{{0,60}}?\b(?:changed\s+my\s+life|made\s+me\s+(?:over\s+)?\$"
            r"|helped\s+me\s+(?:make|earn|grow|withdraw|get|achieve|profit|gain)"
            r"|(?:trades|manages|handles)\s+(?:my|for\s+me))",
            # contact Mrs Doe for your investment; she trades for me
            r"\b(?:reach\s+out\s+to|contact|message|write|get\s+in\s+touch\s+with|consult|hire"
            r"|speak\s+with)\s+(?:\w+\s+){0,2}?"
            rf"(?:{TITLED}|(?:her|him|this\s+(?:woman|man|lady|{_ADVISER})))[^\n]{{0,60}}?"
            r"\b(?:trad\w+|invest\w*|profit\w*|account|portfolio|crypto\w*|forex|returns)",
            r"\b(?:she|he)\s+(?:trades|manages|handles|invests)\s+(?:my|for\s+me|on\s+my)\b",
            r"\bcopy(?:ing)?\s+(?:her|his|their)\s+trades\b",
        ),
    ),
    Detector(
        "recovery of funds",
        any_of(
            r"\b(?:funds?|assets?|crypto\w*|bitcoins?|btc|wallets?|money|scam)\s+"
            r"(?:recovery|retrieval)\s+(?:\w+\s+)?(?:experts?|agents?|agency|specialists?|services?"
            r"|firm|team|company|pros?|hackers?|wizards?)",
            r"\b(?:recovery|retrieval)\s+(?:experts?|agents?|agency|specialists?|hackers?|wizards?"
            r"|pros?|masters?)\b",
            r"\b(?:ethical|certified|professional|legit(?:imate)?|genuine|trusted)\s+hackers?\b"
            r"[^\n]{0,80}?\b(?:recover|retrieve|get\s+back|got\s+back|hire|contact)\w*",
            r"\bhelp(?:ed|s|ing)?\s+(?:(?:me|us|you|him|her|people|victims|with)\s+)?(?:to\s+)?"
            r"(?:fully\s+)?(?:recover(?:ed)?|retriev(?:e|ed)|recovery\s+of|get(?:ting)?\s+back)\s+"
            rf"(?:\w+\s+){{0,4}}?{_MONEY}",
            r"\b(?:recover|retriev|reclaim|got|get)\w*\s+(?:back\s+)?(?:\w+\s+){0,2}?"
            rf"(?:lost|stolen|scammed|frozen|missing|hacked)\s+(?:\w+\s+)?{_MONEY}",
            r"\b(?:lost|scammed|stolen|defrauded)\b[^\n]{0,120}?"
            r"\b(?:recover(?:ed)?|retrieved?|got\s+back|get\s+back)\s+(?:\w+\s+){0,3}?"
            rf"(?:{_MONEY}|everything|it\s+all)[^\n]{{0,60}}?"
            rf"\b(?:thanks\s+to|with\s+the\s+help|contact|help\s+of|by\s+{NAME})",
        ),
    ),
    Detector(
        "guaranteed returns",
        any_of(
            r"\bguarante\w+\W+(?:(?!by\b|of\b)[\w%$]+\W+){0,3}?"
            r"(?:profits?|returns?|income|earnings?|roi|gains?|payouts?|winnings?)\b",
            r"\b(?:profits?|returns?|income|earnings|roi|payouts?)\s+(?:is|are)?\s*"
            r"(?:100\s?%\s+)?guaranteed\b",
            # double your money in 7 days; I invested $500 and got $5,000 within a week
            r"\b(?:doubl\w+|tripl\w+|multipl\w+|10x|2x)\s+(?:up\s+)?(?:your|ur|my|the)\s+"
            rf"{_MONEY}\s+(?:\w+\s+){{0,3}}?{_SOON}",
            r"\b(?:invest(?:ed|ing)?|deposit(?:ed)?|start(?:ed)?\s+with|put\s+in)\s+"
            rf"(?:\w+\s+){{0,3}}?{_AMOUNT}[^\n]{{0,60}}?\b(?:get|got|earn\w*|made?|receiv\w+"
            rf"|withdr\w+|profit\w*|return\w*|paid|into|turned)\b[^\n]{{0,30}}?{_AMOUNT}"
            rf"[^\n.!?]{{0,30}}?\b{_SOON}",
            # earn $5,000 weekly with forex, and the other way round
            r"\b(?:earn|earning|make|making|profit(?:s|ing)?\s+of|withdraw(?:s|ing)?|receive"
            rf"|income\s+of)\s+(?:\w+\s+){{0,4}}?{_AMOUNT}\s+(?:\w+\s+){{0,2}}?{_REGULARLY}"
            rf"[^\n]{{0,80}}?\b(?:{_SCHEME}|from\s+home|platform|online)",
            rf"\b{_SCHEME}\b[^\n.!?]{{0,60}}?\b(?:earn|earning|make|making|profit(?:s|ing)?\s+of"
            rf"|withdraw(?:s|ing)?)\s+(?:\w+\s+){{0,4}}?{_AMOUNT}\s+(?:\w+\s+){{0,2}}?{_REGULARLY}",
            # 10% daily profit
            r"\b\d{1,3}\s?%\s+(?:daily|weekly|hourly)\s+"
            r"(?:profits?|roi|payouts?|income|interest|earnings)\b",
            r"\b(?:profits?|roi|payouts?|earnings?)\s+of\s+(?:up\s+to\s+)?\d{1,3}\s?%\s+"
            rf"(?:{_REGULARLY}|every\s+24)",
            r"\b100\s?%\s+(?:risk[\s-]?free|legit\w*|profit\w*|guarante\w+|win\s+rate)\b",
        ),
        holds=_is_promised,
    ),
    Detector(
        "giveaway",
        any_of(
            rf"\b(?:send|deposit|transfer)\s+(?:\w+\s+){{0,2}}?[\d.]+\s?{_COIN}\b[^\n]{{0,60}}?"
            r"\b(?:get|receive|double|back|2x)\b",
            rf"\b(?:{_COIN}|crypto\w*|tesla|musk)\s+(?:official\s+)?give\s?away\b",
        ),
        holds=_is_promised,
    ),
)
