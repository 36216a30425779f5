"""Front-end files, icons, catalogues and styles: what is used exists, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from controller.machines.lifecycle import STATES
from controller.web import catalogues
from controller.web.icons import icon_names
from controller.web.templating import STATIC_DIR, TEMPLATES_DIR
from controller.web.vendor import VENDOR_DIR, make_sprite
from controller.web.views.history import KIND_NAMES

TEMPLATES = {path: path.read_text() for path in TEMPLATES_DIR.rglob("*.html")}
SOURCES = Path(catalogues.__file__).parent


def test_the_catalogues_are_complete() -> None:
    faults = catalogues.check()
    assert not faults, "run: python -m controller.web.catalogues update, then translate\n" + "\n".join(faults)


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    used = {name for text in TEMPLATES.values() for name in re.findall(r'\bicon\("([a-z0-9-]+)"', text)}
    used |= {n for t in TEMPLATES.values() for n in re.findall(r'tag_badge\("\w+", "([a-z0-9-]+)"', t)}
    used |= {n for t in TEMPLATES.values() for n in re.findall(r'icon_name="([a-z0-9-]+)"', t)}
    used |= {n for path in SOURCES.rglob("*.py") for n in re.findall(r'\bicon="([a-z0-9-]+)"', path.read_text())}
    used |= {icon for _, icon in KIND_NAMES.values()} | {info.icon for info in STATES.values()}
    assert used <= set(icon_names()), used - set(icon_names())


def test_the_sprite_holds_every_icon() -> None:
    sprite = (VENDOR_DIR / "icons.svg").read_text()
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == set(icon_names())


def test_an_icon_that_is_missing_is_named(tmp_path: Path) -> None:
    import pytest

    from controller.web.vendor import VendorError

    with pytest.raises(VendorError, match=r"no-such-icon\.svg is missing"):
        make_sprite(tmp_path, ("no-such-icon",))


def test_colours_are_named_once() -> None:
    """Only tokens.css holds colours."""
    for path in (STATIC_DIR / "css").glob("*.css"):
        if path.name == "tokens.css":
            continue
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", path.read_text())
        assert not found, (path.name, found)


def test_every_custom_property_exists() -> None:
    tokens = set(re.findall(r"(--[\w-]+)\s*:", (STATIC_DIR / "css" / "tokens.css").read_text()))
    for path in (STATIC_DIR / "css").glob("*.css"):
        used = set(re.findall(r"var\((--[\w-]+)", path.read_text()))
        assert used <= tokens, (path.name, used - tokens)


def test_templates_load_nothing_from_elsewhere() -> None:
    for path, text in TEMPLATES.items():
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), path.name


def test_scripts_stay_small() -> None:
    names = ["vendor/htmx.min.js", "vendor/idiomorph-ext.min.js", "js/live.js", "js/page.js"]
    assert sum((STATIC_DIR / name).stat().st_size for name in names) < 100_000


def test_every_component_is_in_the_docs() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "interface.md").read_text()
    for path in (TEMPLATES_DIR / "components").glob("*.html"):
        for name in re.findall(r"{% macro (\w+)\(", path.read_text()):
            assert re.search(rf"^\| `{name}\(.*\| {path.stem} \|", docs, re.MULTILINE), (path.name, name)


def test_english_has_no_space_before_per_cent() -> None:
    assert catalogues.english("{percent} % of 80 % and a %s % b") == "{percent}% of 80% and a %s % b"
