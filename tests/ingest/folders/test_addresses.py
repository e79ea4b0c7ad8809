"""The urls of a folder's files, as the generator of its site serves them: one configuration a case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from core.domain import Source
from ingest.folders.addresses import Addresses, file_url, find_site_url
from ingest.kinds.folder import FolderKind
from ingest.kinds.port import TypedSource

ROOT = "https://docs.example.org/"
PART = "is part of other pages"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def check(folder: Path, config: Mapping[str, str], pages: Mapping[str, str], below: str = "", root: str = ROOT) -> None:
    """Hold the url of each page, `"name | front matter": url`, in the folder `below` the configuration."""
    parted = [(name.partition(" | "), url) for name, url in pages.items()]
    fronts = {name: f"---\n{front}\n---\n\n# Page\n" for (name, _, front), _ in parted}
    write(folder, config)
    write(folder / below, fronts)
    addresses = Addresses(root, folder / below, list(fronts))
    made = {name: PART if addresses.is_part(name) else addresses.url(name).removeprefix(root) for name in fronts}
    assert made == {name: url for (name, _, _), url in parted}


MKDOCS = "site_name: X\nsite_url: https://docs.example.org/\nmarkdown_extensions:\n  - x: !!python/name:a.b\n"
DOCUSAURUS = """
// a comment with url: 'https://wrong.example'
export default { title: 'X', url: process.env.SITE ?? 'https://docs.example.org', baseUrl: '/', %s
  presets: [['classic', { docs: { sidebarPath: './sidebars.js', %s }, blog: { showReadingTime: true } }]],
  themeConfig: { navbar: { items: [{ to: '/docs', label: 'Docs' }] } } };
"""
ASTRO = "import starlight from '@astrojs/starlight';\nexport default defineConfig({ site: 'https://docs.example.org', %s integrations: [starlight({ title: 'X' })] });"  # noqa: E501
NEXTRA = "import nextra from 'nextra'\nexport default nextra({ %s })({ %s })"

CASES: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "MkDocs": (
        {"mkdocs.yml": MKDOCS},
        {
            "docs/index.md": "",
            "docs/a/README.md": "a/",
            "docs/a/b.md": "a/b/",
            "docs/x.html": "x.html",
            "NEWS.md": "NEWS.md",
        },
    ),
    "MkDocs with files": (
        {"mkdocs.yml": f"{MKDOCS}use_directory_urls: false\ndocs_dir: manual\n"},
        {"manual/a/b.md": "a/b.html", "manual/c.md": "c.html", "docs/a.md": "docs/a.md"},
    ),
    "Docusaurus": (
        {"docusaurus.config.js": DOCUSAURUS % ("", "")},
        {
            "docs/intro.md | slug: /": "docs/",
            "docs/01-start/02-install.md": "docs/start/install",
            "docs/01-start/index.md": "docs/start/",
            "docs/guide/guide.mdx": "docs/guide/",
            "docs/guide/faq.md | slug: questions": "docs/guide/questions",
            "docs/guide/old.md | slug: /answers": "docs/answers",
            "docs/guide/file.md | id: other": "docs/guide/other",
            "docs/2024-01-notes.md": "docs/2024-01-notes",
            "docs/7.0-changes.md": "docs/7.0-changes",
            "docs/_shared.mdx": PART,
            "blog/2024-05-01-hello.md": "blog/2024/05/01/hello",
            "blog/2024-05-02-more/index.mdx | slug: more": "blog/more",
            "src/pages/about.md": "about",
        },
    ),
    "Docusaurus at the root, with slashes": (
        {"docusaurus.config.ts": DOCUSAURUS % ("trailingSlash: true,", "routeBasePath: '/', path: 'content'")},
        {"content/intro.md | slug: /": "", "content/a/b.md": "a/b/", "content/a/README.md": "a/"},
    ),
    "Docusaurus with versions": (
        {"docusaurus.config.js": DOCUSAURUS % ("", "routeBasePath: 'guide'"), "versions.json": '["2.0", "1.0"]'},
        {
            "docs/a.md": "guide/next/a",
            "versioned_docs/version-2.0/a.md": "guide/a",
            "versioned_docs/version-1.0/a.md": "guide/1.0/a",
            "i18n/de/docusaurus-plugin-content-docs/current/a.md": "de/guide/next/a",
        },
    ),
    "Docusaurus with numbers kept": (
        {"docusaurus.config.js": DOCUSAURUS % ("trailingSlash: false,", "numberPrefixParser: false")},
        {"docs/01-start/02-install.md": "docs/01-start/02-install", "docs/01-start/index.md": "docs/01-start"},
    ),
    "Docusaurus with two instances": (
        {
            "docusaurus.config.js": DOCUSAURUS
            % (
                "plugins: [['@docusaurus/plugin-content-docs', "
                "{ id: 'api', path: 'reference', routeBasePath: 'api' }]],",
                "",
            )
        },
        {"docs/a.md": "docs/a", "reference/b.md": "api/b"},
    ),
    "VitePress": (
        {".vitepress/config.ts": "export default defineConfig({ title: 'X' })"},
        {"index.md": "", "guide/index.md": "guide/", "guide/start.md": "guide/start.html"},
    ),
    "VitePress with rewrites": (
        {
            ".vitepress/config.mts": "export default { cleanUrls: true, srcDir: './src', rewrites: {\n"
            "  'old/start.md': 'begin.md', 'packages/:pkg/src/(.*)': ':pkg/(.*)', 'x/:rest*': 'y/:rest*' } }"
        },
        {
            "src/old/start.md": "begin",
            "src/packages/core/src/api.md": "core/api",
            "src/packages/core/src/index.md": "core/",
            "src/x/a/b.md": "y/a/b",
            "src/plain.md": "plain",
        },
    ),
    "Sphinx": (
        {"conf.py": "project = 'X'\nhtml_theme = 'furo'\n", "Makefile": "html:\n\tsphinx-build -M html . _build\n"},
        {"index.md": "", "guide/start.md": "guide/start.html", "guide/api.rst": "guide/api.html"},
    ),
    "Sphinx with folders": (
        {"conf.py": "extensions = []\n", ".readthedocs.yaml": "version: 2\nsphinx:\n  builder: dirhtml\n"},
        {"index.md": "", "guide/index.md": "guide/", "guide/start.md": "guide/start/"},
    ),
    "mdBook": (
        {"book.toml": "[book]\ntitle = 'X'\n"},
        {"src/README.md": "", "src/SUMMARY.md": PART, "src/a/b.md": "a/b.html", "src/a/README.md": "a/"},
    ),
    "Starlight": (
        {"astro.config.mjs": ASTRO % ""},
        {
            "src/content/docs/index.mdx": "",
            "src/content/docs/guides/Getting Started.md": "guides/getting-started/",
            "src/content/docs/guides/index.md": "guides/",
            "src/content/docs/fr/a.md": "fr/a/",
            "src/content/docs/b.md | slug: other/place": "other/place/",
            "src/content/docs/_draft.md": PART,
        },
    ),
    "Starlight without slashes": (
        {"astro.config.ts": ASTRO % "trailingSlash: 'never',"},
        {"src/content/docs/a/b.md": "a/b"},
    ),
    "Starlight as files": (
        {"astro.config.ts": ASTRO % "build: { format: 'file' },"},
        {"src/content/docs/a/b.md": "a/b.html"},
    ),
    "Nextra": (
        {"next.config.mjs": NEXTRA % ("", "")},
        {
            "pages/index.mdx": "",
            "pages/guide/index.mdx": "guide",
            "pages/guide/start.mdx": "guide/start",
            "pages/_app.mdx": PART,
        },
    ),
    "Nextra 4": (
        {"next.config.mjs": NEXTRA % ("contentDirBasePath: '/docs'", "trailingSlash: true")},
        {"content/index.mdx": "docs/", "content/a/b.mdx": "docs/a/b/", "app/(main)/about/page.mdx": "about/"},
    ),
    "Mintlify": (
        {"docs.json": '{"$schema": "https://mintlify.com/docs.json", "theme": "mint", "navigation": {}}'},
        {
            "index.mdx": "",
            "quickstart.mdx": "quickstart",
            "api/users/create.mdx": "api/users/create",
            "snippets/a.mdx": PART,
        },
    ),
    "Hugo": (
        {"hugo.toml": "baseURL = 'https://docs.example.org/'\n[permalinks]\nposts = '/:year/:month/:slug/'\n"},
        {
            "content/_index.md": "",
            "content/docs/_index.md": "docs/",
            "content/docs/Getting Started.md": "docs/getting-started/",
            "content/docs/bundle/index.md": "docs/bundle/",
            "content/docs/a.md | slug: Better Name": "docs/better-name/",
            "content/docs/b.md | url: /legacy/b.html": "legacy/b.html",
            "content/posts/c.md | title: What's New?\ndate: 2024-03-09": "2024/03/whats-new/",
        },
    ),
    "Hugo with files": (
        {"config/_default/hugo.yaml": "baseURL: https://docs.example.org/\nuglyURLs: true\ndisablePathToLower: true\n"},
        {"content/docs/Api.md": "docs/Api.html", "content/docs/_index.md": "docs.html", "content/_index.md": ""},
    ),
    "Hugo with languages": (
        {
            "config.toml": "baseURL = 'https://docs.example.org/'\ndefaultContentLanguage = 'en'\n"
            "[languages.en]\ncontentDir = 'content/en'\n[languages.de]\ncontentDir = 'content/de'\n"
        },
        {"content/en/a.md": "a/", "content/de/a.md": "de/a/"},
    ),
    "Hugo with tables in files of their own": (
        {
            "config/_default/config.yaml": "baseURL: https://docs.example.org/\n",
            "config/_default/languages.yaml": "en: {contentDir: content/en}\nfr: {contentDir: content/fr}\n",
            "config/_default/permalinks.toml": "blog = '/news/:contentbasename/'\n",
        },
        {"content/en/a.md": "a/", "content/fr/a.md": "fr/a/", "content/en/blog/b.md": "news/b/"},
    ),
    "Hugo with languages in names": (
        {"hugo.json": '{"baseURL": "https://docs.example.org/", "languages": {"en": {}, "fr": {}}}'},
        {"content/a.md": "a/", "content/a.fr.md": "fr/a/", "content/v1.2.md": "v1.2/"},
    ),
    "Jekyll": (
        {"_config.yml": "title: X\nurl: https://docs.example.org\ncollections:\n  guides:\n    output: true\n"},
        {
            "index.md": "",
            "about.md": "about.html",
            "docs/a.md | permalink: /a-better-place/": "a-better-place/",
            "_posts/2024-05-01-hello-world.md": "2024/05/01/hello-world.html",
            "_guides/start.md": "guides/start.html",
            "_includes/note.md": PART,
        },
    ),
    "Jekyll, pretty": ({"_config.yml": "permalink: pretty\n"}, {"about.md": "about/", "docs/index.md": "docs/"}),
    "Jekyll with a pattern and defaults": (
        {
            "_config.yml": "permalink: /:categories/:title\n"
            "defaults:\n  - scope: {path: guide}\n    values: {permalink: '/learn/:basename/'}\n"
        },
        {"about.md": "about", "guide/start.md": "learn/start/", "_posts/2024-05-01-hello.md": "hello"},
    ),
    "Docusaurus whose theme, globs and versions stand before": (
        {
            "docusaurus.config.ts": "const url = 'https://docs.example.org';\nexport default { url, baseUrl: '/',\n"
            "  themeConfig: { docs: { sidebar: { hideable: true } } }, // plugins: [['x', { path: 'no' }]]\n"
            "  presets: [['classic', { docs: { include: ['**/*.md'], routeBasePath: 'kb', exclude: ['**/*.test.md'],\n"
            "    versions: { current: { path: 'edge', label: 'Edge' } } } }]],\n"
            "  plugins: [[require.resolve('@docusaurus/plugin-content-docs'),\n"
            "    ({ id: 'sdk', path: 'docs/sdk', routeBasePath: 'sdk' })]] };"
        },
        {"docs/a.md": "kb/edge/a", "docs/sdk/b.md": "sdk/b"},
    ),
    "Docusaurus whose last version is the current one": (
        {"docusaurus.config.js": DOCUSAURUS % ("", "lastVersion: 'current'"), "versions.json": '["1.0"]'},
        {"docs/a.md": "docs/a", "versioned_docs/version-1.0/a.md": "docs/1.0/a"},
    ),
    "a wiki": (
        {"_Footer.md": "Ask us.", "_Sidebar.md": "* [[Home]]"},
        {"Home.md": "Home", "Oil Change.md": "Oil-Change", "how-to/Spare-Parts.md": "Spare-Parts", "_Footer.md": PART},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_checkout_gets_the_urls_of_its_site(tmp_path: Path, name: str) -> None:
    check(tmp_path, *CASES[name])


@pytest.mark.parametrize(
    ("config", "below", "root", "pages"),
    [
        ({"mkdocs.yml": MKDOCS}, "docs", ROOT, {"a/b.md": "a/b/"}),
        ({"mkdocs.yml": MKDOCS}, "docs/a", f"{ROOT}a/", {"b.md": "b/", "index.md": ""}),
        (CASES["Docusaurus"][0], "docs", f"{ROOT}docs/", {"a.md": "a", "b.md | slug: /c": "c"}),
        (CASES["Docusaurus"][0], "docs/guide", f"{ROOT}docs/guide/", {"01-a.md": "a", "index.md": ""}),
        ({"site/hugo.toml": "baseURL = 'https://docs.example.org/'"}, "", ROOT, {"site/content/a.md": "a/"}),
        ({"docs/conf.py": "project = 'X'"}, "", ROOT, {"docs/a.md": "a.html", "README.md": "README.md"}),
    ],
)  # fmt: skip
def test_a_part_of_a_checkout_is_published_where_its_url_says(
    tmp_path: Path, config: Mapping[str, str], below: str, root: str, pages: Mapping[str, str]
) -> None:
    check(tmp_path, config, pages, below, root)


@pytest.mark.parametrize(
    ("config", "below", "url"),
    [
        ({"mkdocs.yml": MKDOCS}, "docs", ROOT),
        ({"mkdocs.yml": MKDOCS}, "docs/guide", f"{ROOT}guide/"),
        ({"docusaurus.config.js": DOCUSAURUS % ("", "")}, "docs", f"{ROOT}docs/"),
        ({"docusaurus.config.js": DOCUSAURUS % ("", "")}, "", ROOT),
        ({"docusaurus.config.js": "url: 'https://your-docusaurus-site.example.com'"}, "", ""),
        ({"docs/conf.py": "html_baseurl = 'https://docs.example.org/en/stable/'"}, "docs", f"{ROOT}en/stable/"),
        ({"hugo.toml": "baseURL = '/'"}, "", ""),
        ({"_config.yml": "url: https://docs.example.org\nbaseurl: /kit"}, "", f"{ROOT}kit/"),
        ({".git/config": '[remote "origin"]\n\turl = git@github.com:o/r.wiki.git\n'}, "", "https://github.com/o/r/wiki/"),
        (
            {".git/config": '[remote "origin"]\n\turl = https://me:pw@gitlab.com/g/p.wiki.git\n'}, "",
            "https://gitlab.com/g/p/-/wikis/",
        ),
        ({}, "docs", ""),
    ],
)  # fmt: skip
def test_where_a_folder_is_published_stands_in_its_configuration(
    tmp_path: Path, config: Mapping[str, str], below: str, url: str
) -> None:
    write(tmp_path, config)
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    assert find_site_url(tmp_path / below) == url
    kind = FolderKind()
    source = kind.build(TypedSource(str(tmp_path / below), name="x"))
    assert source.root_url == (url or file_url((tmp_path / below).resolve()))
    assert ("on this machine alone" in kind.remark(source)) is (not url)


def test_links_that_cannot_be_known_are_warned_of(tmp_path: Path) -> None:
    source = FolderKind().build(TypedSource(str(tmp_path), name="x", base=ROOT))
    assert "No configuration of a generator was found" in FolderKind().remark(source)
    write(tmp_path, {"mkdocs.yml": MKDOCS})
    assert FolderKind().remark(source) == f"Links will lead to {ROOT} as MkDocs serves its pages"


def test_the_path_of_a_site_on_its_host_is_added_where_the_host_alone_was_named(tmp_path: Path) -> None:
    write(tmp_path, {"docusaurus.config.js": DOCUSAURUS.replace("baseUrl: '/'", "baseUrl: '/kit/'") % ("", "")})
    assert Addresses(ROOT, tmp_path, ["docs/a.md"]).url("docs/a.md") == f"{ROOT}kit/docs/a"
    assert Addresses(f"{ROOT}other/", tmp_path, ["docs/a.md"]).url("docs/a.md") == f"{ROOT}other/docs/a"
    write(tmp_path / "v", {"docs/.vitepress/config.ts": "export default { base: '/lib/' }"})
    assert Addresses(ROOT, tmp_path / "v", ["docs/a.md"]).url("docs/a.md") == f"{ROOT}lib/a.html"


def test_a_configuration_that_cannot_be_read_says_nothing_and_harms_nobody(tmp_path: Path) -> None:
    bomb = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *a]\n" for n in range(40))
    for text in ("{" * 100_000, "[[" * 50_000, "\0", "a: [", bomb, "\n".join("- " * 2000)):
        write(tmp_path, {"mkdocs.yml": text, "docs/a.md": "# A"})
        assert Addresses(ROOT, tmp_path, ["docs/a.md"]).url("docs/a.md") == f"{ROOT}a/"
    source = Source(1, "x", ROOT, served_at=file_url(tmp_path), kind="folder")
    assert "MkDocs" in FolderKind().remark(source)
