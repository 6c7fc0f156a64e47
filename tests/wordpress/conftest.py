"""Small WordPress exports to import: `export(item(…, comment(…)))`."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
  xmlns:excerpt="{scheme}://wordpress.org/export/{version}/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="{scheme}://wordpress.org/export/{version}/">
<channel>
<title>Old margins</title>
<link>https://old.example</link>
<pubDate>Mon, 04 Mar 2024 10:00:00 +0000</pubDate>
<wp:wxr_version>{version}</wp:wxr_version>
<wp:base_blog_url>{site}</wp:base_blog_url>
"""


def tags(prefix: str, values: dict[str, Any]) -> str:
    return "".join(
        f"<{prefix}{name}><![CDATA[{value}]]></{prefix}{name}>\n" for name, value in values.items()
    )


@pytest.fixture
def comment() -> Callable[..., str]:
    """Make the XML of a comment; `meta` are its rows of comment meta."""

    def make(pk: int, text: str = "A thought.", *, meta: Any = None, **values: Any) -> str:
        fields = {
            "id": pk,
            "author": "Rosa Reader",
            "author_email": "rosa@example.com",
            "author_url": "",
            "author_IP": "192.0.2.7",
            "date": f"2024-03-02 11:{pk % 60:02}:00",
            "date_gmt": f"2024-03-02 10:{pk % 60:02}:00",
            "content": text,
            "approved": "1",
            "type": "comment",
            "parent": 0,
            **values,
        }
        rows = "".join(
            f"<wp:commentmeta>{tags('wp:meta_', {'key': key, 'value': value})}</wp:commentmeta>"
            for key, value in (meta or {}).items()
        )
        return f"<wp:comment>\n{tags('wp:comment_', fields)}{rows}</wp:comment>\n"

    return make


@pytest.fixture
def item() -> Callable[..., str]:
    """Make the XML of a post; `terms` are (domain, slug, name), fields by their names."""

    def make(pk: int, title: str = "On margins", *comments: str, **values: Any) -> str:
        terms = "".join(
            f'<category domain="{domain}" nicename="{slug}"><![CDATA[{name}]]></category>\n'
            for domain, slug, name in values.pop("terms", ())
        )
        top = {
            "title": title,
            "link": values.pop("link", f"https://old.example/2024/03/post-{pk}/"),
            "pubDate": values.pop("pub_date", ""),
            "dc:creator": values.pop("creator", "ines"),
            "content:encoded": values.pop("content", "First.\n\nSecond."),
            "excerpt:encoded": values.pop("excerpt", ""),
        }
        fields = {
            "post_id": pk,
            "post_date": "2024-03-01 10:00:00",
            "post_date_gmt": "2024-03-01 09:00:00",
            "comment_status": "open",
            "post_name": f"post-{pk}",
            "status": "publish",
            "post_type": "post",
            "post_password": "",
            **values,
        }
        return f"<item>\n{tags('', top)}{tags('wp:', fields)}{terms}{''.join(comments)}</item>\n"

    return make


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Write an export file of these parts (authors, terms, items as XML) and return its path."""

    def write(
        *parts: str, version: str = "1.2", scheme: str = "http", site: str = "https://old.example"
    ) -> Path:
        file = tmp_path / "export.xml"
        head = HEAD.format(version=version, scheme=scheme, site=site)
        file.write_text(f"{head}{''.join(parts)}</channel>\n</rss>\n", encoding="utf-8")
        return file

    return write


@pytest.fixture
def run(db: None) -> Callable[..., str]:
    """Run `import_wordpress` and return what it said."""

    def command(file: Path, **options: Any) -> str:
        said = StringIO()
        call_command("import_wordpress", str(file), stdout=said, stderr=StringIO(), **options)
        return said.getvalue()

    return command
