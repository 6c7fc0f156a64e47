"""The rules of the house that reading alone would not keep."""

import ast
import re
from pathlib import Path

import pytest
from csp.constants import NONCE
from django.conf import settings
from django.core import checks
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
#: Each may import itself and what stands left of it.
LAYERS = ("articles", "comments", "wordpress", "staff", "config")


def python_files(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(path):
    """Every module that a file imports, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(folder, forbidden):
    """Which files of a folder import one of the modules, or something within them."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(folder)
        for name in imported(path)
        if any(name == module or name.startswith(f"{module}.") for module in forbidden)
    ]


# --- imports --------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer):
    above = LAYERS[LAYERS.index(layer) + 1 :]
    assert wrong_imports(layer, (*above, "tests", "benchmarks")) == []


def test_who_may_come_in_is_decided_apart():
    """The staff's room knows nothing of the others; only the settings bring them together."""
    assert wrong_imports("staff", ("articles", "comments", "wordpress")) == []


def test_the_spam_filter_answers_and_never_acts():
    acting = ("comments.moderation", "comments.worker", "comments.intake", "comments.views")
    assert wrong_imports("comments/spam", acting) == []


def test_reading_of_imports_is_not_blind():
    path = ROOT / "comments" / "views.py"
    assert {"articles.models.Article", "comments.forgery", "django.conf"} <= set(imported(path))
    assert wrong_imports("comments", ("articles.models",))


# --- templates ------------------------------------------------------------------------------

#: Mails are no pages of ours: no stylesheet reaches them, and no policy of ours can be broken.
MAILS = ROOT / "templates" / "comments" / "mail"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = {
    # JSON-LD is data: browsers do not run it, and the policy does not concern it.
    "script": r"""<script(?![^>]*\bsrc=)(?! type="application/ld\+json">)""",
    "style element": r"<style\b",
    "style attribute": r"\sstyle\s*=",
    "event handler": r"<[^>]*\son[a-z]+\s*=",
    "script address": r"javascript:",
    "address of elsewhere": r"""\s(?:src|action)\s*=\s*["']?(?:https?:)?//""",
}
#: What may go onto a page as it is, and who made it harmless.
SAFE = {
    "articles/article.html": {"body"},  # articles.html.clean, in Article.save
    "comments/mail/reply.html": {"html"},  # comments.text.render, comments.text.without_links
    "comments/confirm.html": {"html"},  # comments.text.without_links
    # comments.text.render, comments.desk.links.written_out
    "comments/desk_write.html": {"html"},
    "comments/mailed.html": {"html"},  # comments.text.render, comments.desk.links.written_out
    "comments/manage.html": {"html"},  # comments.text.render, comments.text.without_links
    "comments/report.html": {"comment.html"},  # comments.text.render
    "marginalia/layout/div.html": {"div.flat_attrs", "fields"},  # django-crispy-forms
    "marginalia/whole_uni_form.html": {"flat_attrs"},  # django-crispy-forms
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_code(path):
    found = [what for what, pattern in INLINE.items() if re.search(pattern, path.read_text())]
    assert found == ([] if path.parent != MAILS else ["style attribute"] * bool(found))


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<script>x</script>", "script"),
        ('<script type="module">x</script>', "script"),
        ("<style>p{}</style>", "style element"),
        ('<p style="color:red">', "style attribute"),
        ('<body class="x" onload="x">', "event handler"),
        ('<a href="javascript:x">', "script address"),
        ('<img src="//evil.example/x">', "address of elsewhere"),
    ],
)
def test_inline_code_would_be_found(html, what):
    assert [name for name, pattern in INLINE.items() if re.search(pattern, html)] == [what]


def test_only_what_we_cleaned_is_called_safe():
    found = {}
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(r"autoescape\s+off|safeseq", text), path
        names = set(re.findall(r"([\w.]+)(?:\|\w+(?::[^|}\s]+)?)*\|\s*safe\b", text))
        if names:
            found[path.relative_to(ROOT / "templates").as_posix()] = names
    assert found == {name: places for name, places in SAFE.items() if name in found}


def test_only_these_modules_call_a_text_safe():
    """Comments whose every word was escaped, words escaped already, and JSON without markup."""
    calling = {
        path.relative_to(ROOT).as_posix()
        for path in python_files(*LAYERS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", ""))
        in ("mark_safe", "SafeString", "SafeText")
    }
    assert calling <= {
        "articles/structured.py",
        "comments/desk/markup.py",
        "comments/markup.py",
        "comments/text.py",
    }


def test_no_expression_writes_a_body():
    """The field cleans what it is given, but cannot look into what a database works out."""
    calls = [
        (path.relative_to(ROOT).as_posix(), node)
        for path in python_files(*LAYERS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    assert len(calls) > 1000
    wrong = [
        name
        for name, node in calls
        if (
            getattr(node.func, "attr", "") == "update"
            and any(part.arg == "body" for part in node.keywords)
        )
        or re.search(r"(?i)\b(update|insert into)\b\W*articles_article\b", ast.unparse(node))
    ]
    assert wrong == []


# --- every file -----------------------------------------------------------------------------

OURS = (*LAYERS, "templates", "static", "tests", "benchmarks", "deploy", "docs", ".ci", ".github")
DOT = "."
#: Put together here, so that this file does not hold them itself.
REGISTRIES = [
    DOT.join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi", "python"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang"),
    )
]
PRIVATE_PATHS = re.compile(
    r"(?<![\w.}~-])/(?:" + "|".join(("root", "work", "home", "Users")) + r")/\w|[A-Z]:\\Users"
)


def text_files():
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".env"]
    files += [path for folder in OURS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in files:
        if "__pycache__" not in path.parts:
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture


def test_no_file_names_a_package_registry():
    wrong = {
        name: [host for host in REGISTRIES if host in text.lower()] for name, text in text_files()
    }
    assert {name: hosts for name, hosts in wrong.items() if hosts} == {}


def test_no_file_names_a_path_of_somebodys_machine():
    wrong = {name: match[0] for name, text in text_files() if (match := PRIVATE_PATHS.search(text))}
    assert wrong == {}


def test_every_file_is_looked_at():
    names = dict(text_files())
    some = {"pyproject.toml", "requirements.txt", "articles/views.py", "static/css/site.css"}
    assert some <= names.keys()
    assert PRIVATE_PATHS.search("open('/" + "home/kim/x')")


def test_requirements_are_locked_with_hashes():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        packages = [line for line in lines if re.match(r"[A-Za-z0-9]", line)]
        assert packages
        assert [line for line in packages if "==" not in line or not line.endswith("\\")] == []


# --- Django and its settings ----------------------------------------------------------------


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_the_system_check_finds_nothing():
    assert [found for found in checks.run_checks() if not found.is_silenced()] == []


def test_no_page_may_run_code_of_elsewhere():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["style-src"] == ["'self'"]
    # The nonce is told to pages that ask for one, the form of an article alone.
    assert directives["script-src"] == ["'self'", NONCE]
    assert "csp_nonce" not in "".join(path.read_text() for path in TEMPLATES)
    asking = [path for path in python_files(*LAYERS) if "csp_nonce" in path.read_text()]
    assert [path.name for path in asking] == ["rich_text.py"]
    assert directives["default-src"] == directives["frame-ancestors"] == ["'none'"]


def test_the_web_process_starts_alike_everywhere():
    starts = {
        "Procfile": r"\$\{(GRANIAN_\w+):-(\d+)\}",
        "deploy/marginalia-web.service": r"(GRANIAN_\w+)=(\d+)",
        "deploy/Containerfile": r"(GRANIAN_\w+)=(\d+)",
        "docs/operators.md": r"`(GRANIAN_\w+)` \| (\d+)",
    }
    found = {
        name: dict(re.findall(pattern, (ROOT / name).read_text()))
        for name, pattern in starts.items()
    }
    assert found["Procfile"].keys() == {"GRANIAN_WORKERS", "GRANIAN_BLOCKING_THREADS"}
    assert found == dict.fromkeys(starts, found["Procfile"])


def test_every_setting_is_in_the_example_and_the_other_way_round():
    example = ROOT / ".env.example"
    read = {
        node.args[0].value
        for node in ast.walk(ast.parse((ROOT / "config" / "settings.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "id", "") == "env"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    written = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example.read_text(), re.MULTILINE)
    assert "SECRET_KEY" in read
    assert sorted(written) == sorted(read)
