"""`$NVDA` in an article's body leads to the ticker's page."""

from collections.abc import Iterable
from functools import lru_cache

from articles import html
from articles.models import Tag


def with_ticker_links(body: str, *, known: Iterable[Tag] = ()) -> str:
    """Return a cleaned body whose `$NVDA` are links, where readers have a page on that ticker.

    Done when the page is made, so that it follows every ticker that comes or goes; one query,
    none where no symbol is named but those of `known`, tags in use.
    """
    named = html.tickers_named(body)
    if not named:
        return body
    tickers = {tag.symbol: tag for tag in known if tag.symbol}
    if others := named - tickers.keys():
        found = Tag.objects.in_use().filter(kind=Tag.Kind.TICKER, symbol__in=others)
        tickers |= {tag.symbol: tag for tag in found}
    addresses = {symbol: tag.get_absolute_url() for symbol, tag in tickers.items()}
    return _linked(body, tuple(sorted(addresses.items())))


# Bodies change far less often than what stands below them.
@lru_cache(maxsize=html.BODIES)
def _linked(body: str, addresses: tuple[tuple[str, str], ...]) -> str:
    return html.with_ticker_links(body, dict(addresses))
