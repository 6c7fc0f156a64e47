"""The least that a WSGI server can be asked to do: one answer, the same bytes each time.

BARE_ANSWER names a file with the whole answer, headers and body, as it went over the line.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: What the server adds by itself.
_OF_THE_SERVER = ("date", "server", "connection")
_head, _blank, BODY = Path(os.environ["BARE_ANSWER"]).read_bytes().partition(b"\r\n\r\n")
_LINES = [line.partition(": ") for line in _head.decode().split("\r\n")[1:]]
HEADERS = [(name, said) for name, _colon, said in _LINES if name.lower() not in _OF_THE_SERVER]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [BODY]
