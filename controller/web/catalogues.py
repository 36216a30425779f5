"""The catalogues of translated messages: ``python -m controller.web.catalogues extract|update|compile|check``.

``extract`` prints what the sources hold, ``update`` brings both catalogues up to date with it (English is filled
in by itself), ``compile`` makes the ``.mo`` files that the controller reads, ``check`` fails when a message is
missing, left over, untranslated, or lost a placeholder. What the agent and the playbooks say has its own context.
"""

from __future__ import annotations

import re
import string
import sys
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from controller.i18n import DOMAIN, LANGUAGES, LOCALES_DIR
from controller.web.agent_texts import CONTEXT, agent_texts

SOURCES = Path(__file__).parents[1]
METHODS = [("**/locales/**", "ignore"), ("**/migrations/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2")]
METHOD_NAMES = {"jinja2": "jinja2.ext:babel_extract"}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "_": None,
    "translate": None,
    "rich": None,
    "ngettext": (1, 2),
    "translate_plural": (1, 2),
    "counted": (1, 2),
}
# French sets a no-break space before these, and inside guillemets; an ordinary one lets them fall to the next line.
BEFORE_PER_CENT = re.compile(r"(?<=[\d}]) (?=%)")  # what the sources say may be older than the rule: 62%, not 62 %
BAD_FRENCH = re.compile(r" [:;!?»%](?=\s|$)|« |(?<!\d)[\"]|'")


def extract() -> Catalog:
    """Every message of the sources, with the files that hold it."""
    catalogue = Catalog(domain=DOMAIN, charset="utf-8")
    method_map = [(pattern, METHOD_NAMES.get(method, method)) for pattern, method in METHODS]
    found = extract_from_dir(SOURCES, method_map, keywords=KEYWORDS, comment_tags=())
    for filename, _line, message, _comments, context in found:
        catalogue.add(message, locations=[(f"controller/{Path(filename).as_posix()}", 0)], context=context)
    for message, paths in agent_texts().items():
        catalogue.add(message, locations=[(path, 0) for path in paths], context=CONTEXT)
    return catalogue


def path_of(language: str) -> Path:
    """The catalogue's source."""
    return LOCALES_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """The catalogue of a language; empty when there is none yet."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language, domain=DOMAIN, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str) -> Catalog:
    """Bring one catalogue up to date: new messages in, old ones out; nothing is guessed."""
    catalogue = read(language)
    catalogue.update(extract(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    if language == "en":
        for message in catalogue:
            if message.id:
                message.string = english(message.id) if isinstance(message.id, str) else tuple(map(english, message.id))
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "Recyclerie", ""
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = ""
    catalogue.header_comment = (
        f"# Messages of Recyclerie ({language}). Brought up to date by controller.web.catalogues."
    )
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    path_of(language).write_bytes(_text(catalogue))
    return catalogue


def english(text: str) -> str:
    """A message of the sources as English pages show it: no space before per cent."""
    return BEFORE_PER_CENT.sub("", text)


def _text(catalogue: Catalog) -> bytes:
    buffer = BytesIO()
    write_po(buffer, catalogue, sort_output=True, include_lineno=False, omit_header=False, width=120)
    # The dates of the header would differ at each run for nothing.
    lines = buffer.getvalue().decode().splitlines()
    return (
        "\n".join(
            x
            for x in lines
            if not re.match(
                r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To)',
                x,
            )
        ).encode()
        + b"\n"
    )


def compile_all() -> list[Path]:
    """Make the ``.mo`` files."""
    written = []
    for language in LANGUAGES:
        target = path_of(language).with_suffix(".mo")
        # Another process may read it just now.
        with NamedTemporaryFile("wb", dir=target.parent, suffix=".new", delete=False) as file:
            write_mo(file, read(language))
        Path(file.name).chmod(0o644)
        Path(file.name).replace(target)
        written.append(target)
    return written


def placeholders(text: str) -> set[str]:
    """The ``{names}`` in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def check() -> list[str]:
    """What is wrong with the catalogues, one line each; empty when all is well."""
    wanted = {_key(message): message for message in extract() if message.id}
    faults = []
    for language in LANGUAGES:
        have = {_key(message): message for message in read(language) if message.id}
        faults += [
            f"{language}: not in the catalogue: {_short(m)} ({_where(wanted[m])})" for m in wanted if m not in have
        ]
        faults += [f"{language}: no longer in the sources: {_short(m)}" for m in have if m not in wanted]
        for key, message in have.items():
            if key in wanted:
                faults += [f"{language}: {fault}: {_short(key)}" for fault in _faults(message, language)]
    return faults


def _key(message: Message) -> tuple[object, str]:
    return message.id, message.context or ""


def _texts(value: object) -> tuple[str, ...]:
    """A message's one text, or its singular and plural."""
    if isinstance(value, list | tuple):
        return tuple(str(text) for text in value)
    return (str(value or ""),)


def _faults(message: Message, language: str) -> list[str]:
    ids, texts = _texts(message.id), _texts(message.string)
    if not all(texts):
        return ["untranslated"]
    found = []
    allowed = placeholders("".join(ids))
    needed = set.intersection(*(placeholders(i) for i in ids))
    for text in texts:
        given = placeholders(text)
        if not needed - {"n"} <= given <= allowed:
            found.append(f"its placeholders are not those of the message ({', '.join(sorted(given ^ allowed))})")
    if language == "en":
        found += ["a space before per cent" for text in texts if BEFORE_PER_CENT.search(text)]
    if language == "fr":
        found += [f"typography “{m.group()}”" for text in texts for m in BAD_FRENCH.finditer(text)]
    return found


def _short(key: tuple[object, str]) -> str:
    message, context = key
    text = message[0] if isinstance(message, tuple) else str(message)
    return repr(text[:80]) + (f" [{context}]" if context else "")


def _where(message: Message) -> str:
    return message.locations[0][0] if message.locations else "?"


def main() -> int:
    """Command line."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command == "extract":
        sys.stdout.buffer.write(_text(extract()))
    elif command == "update":
        for language in LANGUAGES:
            catalogue = update(language)
            empty = sum(
                1 for m in catalogue if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)
            )
            print(f"{language}: {len(catalogue)} messages, {empty} untranslated")
    elif command == "compile":
        for path in compile_all():
            print(path.relative_to(SOURCES.parent))
    elif command == "check":
        faults = check()
        print("\n".join(faults) or "the catalogues are complete")
        return 1 if faults else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
