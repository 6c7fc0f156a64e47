"""The tables of the articles app that others name; each room keeps its own in its `models.py`."""

from articles.models.article import Article, ArticleQuerySet
from articles.models.author import Author
from articles.models.tag import SYMBOL, Tag
from articles.pictures.models import Picture, PictureUse, Rendition, SharePicture
from articles.publishing.models import Disclosure
from articles.publishing.picks import Pick

__all__ = [
    "SYMBOL",
    "Article",
    "ArticleQuerySet",
    "Author",
    "Disclosure",
    "Pick",
    "Picture",
    "PictureUse",
    "Rendition",
    "SharePicture",
    "Tag",
]
