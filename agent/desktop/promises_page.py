"""The page *Ce que mon ordinateur envoie*: the agent's own promises, in the family's language, without any network."""

from __future__ import annotations

import os
import subprocess
from html import escape
from pathlib import Path

from agent.assist.promises import PARTS, TITLE
from agent.locales import LANGUAGES, RIGHT_TO_LEFT, language_of, translation

STYLE = """
:root { color-scheme: light dark; --ink: #16211f; --page: #fff; --line: #b9c2be; --blue: #0a5a61; --soft: #46524f; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef3f1; --page: #16211f; --line: #46524f; --blue: #7fd0d6;
  --soft: #b9c2be; } }
body { font: 18px/1.55 "Noto Sans", "DejaVu Sans", sans-serif; color: var(--ink); background: var(--page);
  max-width: 46rem; margin: 0 auto; padding: 1.5rem 1.2rem 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; color: var(--blue); margin: .6rem 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
ol, ul { list-style: none; margin: 0; padding: 0; counter-reset: n; }
li { position: relative; padding: .45rem 0; padding-inline-start: 2.4rem; border-bottom: 1px solid var(--line); }
li::before { position: absolute; inset-inline-start: .3rem; font-weight: bold; content: "·"; color: var(--blue); }
ol li { counter-increment: n; }
ol li::before { content: counter(n); }
.sends li::before { content: "✓"; color: #1e8a52; }
.never li::before { content: "✗"; color: #d5453e; }
nav { display: flex; gap: 1.2rem; flex-wrap: wrap; }
nav a { color: var(--blue); padding: .3rem 0; }
nav [aria-current] { color: var(--soft); text-decoration: none; }
"""


def page(language: str) -> str:
    """The whole page in one of ``LANGUAGES``; the others are its neighbours."""
    _ = translation(language).gettext
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    links = "".join(
        f'<a href="{other}.html" lang="{other}"{" aria-current=page" if other == language else ""}>{name}</a>'
        for other, name in LANGUAGES.items()
    )
    parts = "".join(
        f'<h2>{escape(_(part.heading))}</h2><{"ol" if part.numbered else "ul"} class="{escape(part.name)}">'
        + "".join(f"<li>{escape(_(line))}</li>" for line in part.sentences)
        + f"</{'ol' if part.numbered else 'ul'}>"
        for part in PARTS
    )
    return (
        f'<!doctype html>\n<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><title>{escape(_(TITLE))}</title><style>{STYLE}</style>'
        f"</head><body><nav>{links}</nav><h1>{escape(_(TITLE))}</h1>{parts}</body></html>\n"
    )


def write_pages(folder: Path) -> None:
    """One file for each language in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        (folder / f"{language}.html").write_text(page(language), encoding="utf-8")


def main() -> int:
    """``recyclerie-agent promises``: made anew each time, so that it is always this agent's own promise."""
    home = Path(os.environ.get("HOME") or Path.home())
    # Not in /run or /tmp: some browsers are kept out of there.
    folder = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "recyclerie-promises"
    write_pages(folder)
    return subprocess.run(["xdg-open", str(folder / f"{language_of(os.environ)}.html")], check=False).returncode
