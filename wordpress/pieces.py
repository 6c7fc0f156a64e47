"""What a WordPress export holds, as it says it: texts, not interpreted yet."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Site:
    """Where the export comes from. The first piece of every file."""

    link: str
    exported: str


@dataclass(frozen=True)
class Author:
    login: str
    name: str
    role: str = ""
    bio: str = ""


@dataclass(frozen=True)
class Term:
    """A category or a tag (`kind` category or post_tag)."""

    kind: str
    slug: str
    name: str
    description: str = ""
    meta: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PostComment:
    id: str
    parent: str
    name: str
    email: str
    url: str
    ip: str
    date: str
    date_gmt: str
    content: str
    approved: str
    type: str
    meta: dict[str, str]


@dataclass(frozen=True)
class Post:
    """An item of any type, with its comments, as the file says it."""

    id: str
    type: str
    status: str
    title: str
    slug: str
    link: str
    creator: str
    content: str
    excerpt: str
    password: str
    date: str
    date_gmt: str
    published: str
    modified_gmt: str
    comment_status: str
    terms: list[Term]
    comments: list[PostComment]


Piece = Site | Author | Term | Post
