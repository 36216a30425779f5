"""Copy the few front-end files that pages need out of ``node_modules`` (after ``npm ci``).

``python -m controller.web.vendor [NODE_MODULES]`` fills ``controller/web/static/vendor``, which git ignores and
the wheel carries: htmx, idiomorph, xterm.js, noVNC, one SVG sprite of the icons in ``icons.py``, and their licences.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from controller.web.icons import icon_names

HERE = Path(__file__).parent
VENDOR_DIR = HERE / "static" / "vendor"
SCRIPTS = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "idiomorph/dist/idiomorph-ext.min.js": "idiomorph-ext.min.js",
    "@xterm/xterm/lib/xterm.js": "xterm.js",
    "@xterm/xterm/css/xterm.css": "xterm.css",
    "@xterm/addon-fit/lib/addon-fit.js": "xterm-fit.js",
}
# Whole folders of ES modules, which browsers fetch as they are: noVNC, and the zlib that it brings along.
FOLDERS = {"@novnc/novnc/core": "novnc/core", "@novnc/novnc/vendor/pako/lib": "novnc/vendor/pako/lib"}
PACKAGES = (
    "htmx.org",
    "idiomorph",
    "lucide-static",
    "@novnc/novnc",
    "@novnc/novnc/vendor/pako",
    "@xterm/xterm",
    "@xterm/addon-fit",
)


class VendorError(Exception):
    """A front-end file can't be copied; the message says which, and what to do."""


def make_sprite(icons_dir: Path, names: tuple[str, ...]) -> str:
    """One SVG document with a ``<symbol>`` for each icon.

    Raises:
        VendorError: an icon isn't in the set.
    """
    symbols = []
    for name in names:
        path = icons_dir / f"{name}.svg"
        if not path.is_file():
            raise VendorError(f"{path} is missing. Correct its name in controller/web/icons.py.")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
        if inner is None:
            raise VendorError(f"{path} is not an SVG file. Run npm ci again.")
        shapes = " ".join(inner.group(1).split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round">\n' + "\n".join(symbols) + "\n</svg>\n"
    )


def vendor(node_modules: Path, target: Path = VENDOR_DIR) -> list[Path]:
    """Fill ``target``. Returns the files written.

    Raises:
        VendorError: a package is missing from ``node_modules``.
    """
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for source, name in SCRIPTS.items():
        if not (node_modules / source).is_file():
            raise VendorError(f"{node_modules / source} is missing. Run npm ci in the project's folder first.")
        written.append(Path(shutil.copyfile(node_modules / source, target / name)))
    for source, name in FOLDERS.items():
        if not (node_modules / source).is_dir():
            raise VendorError(f"{node_modules / source} is missing. Run npm ci in the project's folder first.")
        shutil.rmtree(target / name, ignore_errors=True)
        for module in sorted((node_modules / source).rglob("*.js")):
            kept = target / name / module.relative_to(node_modules / source)
            kept.parent.mkdir(parents=True, exist_ok=True)
            written.append(Path(shutil.copyfile(module, kept)))
    sprite = target / "icons.svg"
    sprite.write_text(make_sprite(node_modules / "lucide-static" / "icons", icon_names()))
    licences = target / "LICENCES.txt"
    licences.write_text("\n".join(_licence(node_modules / package) for package in PACKAGES))
    return [*written, sprite, licences]


def _licence(package: Path) -> str:
    text = next((path.read_text() for path in sorted(package.glob("LICENSE*"))), "see the package")
    return f"== {package.name}\n{text}\n"


def main() -> int:
    """Command line: exit status 1 and one message when something is missing."""
    node_modules = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "node_modules"
    try:
        written = vendor(node_modules)
    except VendorError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(f"{path.relative_to(HERE)}: {path.stat().st_size / 1000:.1f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
