"""Reads SEARCH_URL: which engine finds articles, and how to talk to it."""

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

#: What stands before "+http" or "+https" -> the adapter, and the client package it needs.
ENGINES = {
    "opensearch": ("modelsearch.backends.opensearch3", "opensearchpy", "opensearch-py>=3,<4"),
    "elasticsearch": (
        "modelsearch.backends.elasticsearch9",
        "elasticsearch",
        "elasticsearch>=9,<10",
    ),
}


def search_backend(url: str) -> dict[str, Any]:
    """Return modelsearch's settings for `url`; empty: the database's own full-text search.

    Raises ValueError where the address names no engine, or its client package is missing.
    """
    if not url:
        return {"BACKEND": "articles.search.index", "SEARCH_CONFIG": "english"}
    engine, _, scheme = urlsplit(url).scheme.partition("+")
    if engine not in ENGINES or scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError(
            "SEARCH_URL must look like opensearch+https://user:password@host:9200 "
            "or elasticsearch+https://…"
        )
    backend, module, package = ENGINES[engine]
    if find_spec(module) is None:
        raise ValueError(f"SEARCH_URL names {engine}: install the package {package}")
    return {
        "BACKEND": backend,
        "URLS": [url.removeprefix(f"{engine}+")],
        "INDEX_PREFIX": "marginalia_",
        "TIMEOUT": 2,  # seconds; a reader waits for it
    }
