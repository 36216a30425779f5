"""Every text that the agent and the playbooks' modules say to people is found in their sources, and has its French.

A new text in agent/ or playbooks/ needs nothing but its French in the catalogue (context "agent"). A new *way* of
saying something needs a line in the tables of controller/web/agent_texts.py: the tests here tell which.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.phrasebook import CONTEXT, Phrasebook
from controller.web import catalogues
from controller.web.agent_texts import agent_texts, read_sources
from controller.web.text_flow import Flow

# Texts that can't be followed to where they are written, and why that is right.
NOT_OURS = {
    "playbooks/module_utils/recyclerie/checks/programs.py: next((line.strip() for line in ran.output.splitlines() "
    "if re.search(pattern, line)), '')": "the line in which a program says its own version",
    "playbooks/module_utils/recyclerie/long_work.py: file.read().decode('utf-8', 'replace')": "the end of a tool's log",
    "agent/protocol_mux.py: body.get('reason')": "why the other end closed a stream: for the log",
    "agent/protocol_mux.py: reason": "why a stream is over: for the log",
    "agent/hwtests/plan.py: target.skip": "said where it was made",
    "agent/hwtests/runner.py: one.skip": "said where it was made",
    "agent/assist/display.py: played.get('code')": "a code that a test's rig plays",
    "agent/hwtests/process.py: answer.get('reason')": "said by the test's program, in its own file",
    "agent/hwtests/programs/drive_self_test.py: before.why_not": "said where it was made",
}
# Sentences in the sources that no page shows, and why.
NOT_SHOWN = {
    "agent/assist/": "the family's screen, with catalogues of its own, and the fold of technical details",
    "agent/desktop/": "the family's screen, with catalogues of its own",
    "agent/help/": "the family's screen, with catalogues of its own",
    "agent/locales/": "the command line's answer: English, for developers",
    "agent/capture/": "the command line's answer: English, for developers",
    "agent/cli.py": "the command line's help: English, for developers",
    "agent/clock.py": "log",
    "agent/collectors/missing.py": "why something is missing is for the command line; the pages say what",
    "agent/hands_on/": "the machine's own screen, in both languages there",
    "agent/hwtests/by_hand.py": "the command line's answer: English, for developers",
    "agent/sources/": "notes on captures and dumps, for the command line",
    "agent/status.py": "the machine's own screen, in both languages there",
    "agent/jobs/target_gate.py": "of verify_specs: the command line's answer",
    "agent/update/": "log, and the fold of technical details: pages have words of their own for the codes",
    "playbooks/module_utils/recyclerie/seal.py": "a comment in a file of the machine",
}
# Declarations of the inventory's fields (agent/collectors/fields.py): what they mean is for the docs.
DECLARATIONS = ("text", "flag", "count", "Field")
# Calls whose texts go to a log or to the progress file's message, which no page shows.
LOGS = ("debug", "info", "warning", "error", "exception", "begin", "say", "waiting", "_timed", "abort", "close")
SENTENCE = re.compile(r"\b[a-z’']{2,}(?: [a-z’']{2,}){3,}")
# What tools print: looked for in their output, not said by us.
PATTERNS = ("search", "match", "fullmatch", "findall", "finditer", "compile")


@cache
def sources() -> Flow:
    """Read once."""
    return read_sources()


TEXTS = agent_texts()


@cache
def french() -> dict[str, str]:
    """Message id → French."""
    catalogue = catalogues.read("fr")
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.context == CONTEXT}


@cache
def book() -> Phrasebook:
    return Phrasebook(french().items())


def test_every_text_can_be_followed() -> None:
    """A dynamic text would reach the page in English: say it as a literal or an f-string where it is said."""
    faults = {what: where for what, where in sources().faults.items() if what not in NOT_OURS}
    assert not faults, "\n".join(f"{where}: {what}" for what, where in faults.items())
    assert set(NOT_OURS) <= set(sources().faults), "an exception that is no longer needed"


def test_every_text_has_its_french() -> None:
    """The rest (typography, placeholders, left-overs) is test_front's."""
    missing = [f"{', '.join(paths)}: {text}" for text, paths in TEXTS.items() if not french().get(text)]
    assert not missing, "\n".join(missing)


def test_no_sentence_is_overlooked() -> None:
    """Each sentence of the sources is said through a place that agent_texts knows, or is shown to nobody."""
    overlooked = [where for where in _sentences() if not where.startswith(tuple(NOT_SHOWN))]
    assert not overlooked, "say them through a place that agent_texts.py marks:\n" + "\n".join(overlooked)


def _sentences() -> Iterator[str]:
    flow = sources()
    for module in flow.tree.modules.values():
        silent = set(_silent(module.tree))
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Constant) or id(node) in silent or id(node) in flow.literals:
                continue
            if isinstance(node.value, str) and SENTENCE.search(node.value):
                yield f"{module.path}:{node.lineno} {node.value[:80]!r}"


def _silent(tree: ast.Module) -> Iterator[int]:
    """Literals that nobody is shown: documentation, logs, what is compared with a tool's output, lists of names."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                yield id(text)
            case ast.Assign(targets=[ast.Name(id="DOCUMENTATION" | "EXAMPLES" | "RETURN")], value=text):
                yield id(text)
            case ast.Call(func=ast.Attribute(attr=name)) if name in LOGS + PATTERNS:
                yield from (id(inner) for inner in ast.walk(node))
            case ast.Call(func=ast.Name(id=name)) if name in DECLARATIONS:
                yield from (id(inner) for inner in ast.walk(node))
            case ast.Dict(keys=keys):
                yield from (id(key) for key in keys)
            case ast.Call(func=ast.Attribute(attr="split" | "encode", value=text)):
                yield id(text)
            case ast.Compare():
                yield from (id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Constant))
            case ast.keyword(arg="help", value=text):
                yield id(text)


# What may fill a placeholder: words that no template is about.
VALUES = st.text(alphabet=string.ascii_uppercase + string.digits + "/_-", min_size=2, max_size=9)


def check_recognised(text: str, filled: dict[str, str]) -> None:
    """Filled, alone or before an advice, it comes back in French, with what filled it."""
    said, wanted = text.format(**filled), french().get(text, text).format(**filled)
    assert book().say(said) == wanted
    if text[0].isupper() and text[-1] in ".!?":
        assert book().say(f"{said} Start the step again.") == f"{wanted} Relancez l’étape."


def names_of(text: str) -> list[str]:
    """Its placeholders."""
    return list(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(text) if name))


def test_every_text_is_recognised() -> None:
    for text in TEXTS:
        for values in (["/dev/sda", "12", "WD10EZEX"], ["x", "R-000123", "0x50014ee2b1"]):
            check_recognised(text, dict(zip(names_of(text), values * 3, strict=False)))


@settings(deadline=None)
@given(st.data())
def test_a_text_is_recognised_whatever_fills_it(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(list(TEXTS)))
    values = VALUES.filter(lambda value: value not in french())
    check_recognised(text, data.draw(st.fixed_dictionaries(dict.fromkeys(names_of(text), values))))


def write(folder: Path, source: str) -> Path:
    """A tree with one file of the agent."""
    (folder / "agent").mkdir()
    (folder / "agent" / "new.py").write_text(f"class AgentError(Exception): ...\n{source}")
    return folder


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("raise AgentError('No room.', hint='Take a larger one.')", {"No room.", "Take a larger one."}),
        ("raise AgentError(f'{a.b} of {len(c)} is {d[\"size\"]} bytes.')", {"{b} of {number} is {size} bytes."}),
        ("class Worse(AgentError): ...\nraise Worse('As ' + f'{x} fell.')", {"As {x} fell."}),
        ("def f(x):\n  if x: y = 'not here'\n  raise AgentError(f'It is {y}.')", {"It is {y}.", "not here"}),
        ("def f(why): raise AgentError(why)\nf('gone away')", {"gone away"}),
        ("def f(): return [f'{x} is late']\ndef g(reasons): reasons += f()", {"{x} is late"}),
        ("END = 'Try again.'\nraise AgentError(f'Bad: {x}. {END}')", {"Bad: {x}.", "Try again."}),
        ("raise AgentError(f'Is {x or \"missing\"}.')", {"Is {x}.", "missing"}),
        ('raise AgentError(f\'It fell{": " + x if x else ""}.\')', {"It fell: {x}.", "It fell."}),
        ("for k, said in (('a', 'at {} too'),): reasons.append(said.format(k))", {"at {k} too"}),
        ("result = {'error': f'lost {x}', 'other': 'not shown'}", {"lost {x}"}),
    ],
)
def test_texts_are_followed(tmp_path: Path, source: str, texts: set[str]) -> None:
    flow = read_sources(write(tmp_path, source))
    assert set(flow.texts) == texts
    assert not flow.faults


@pytest.mark.parametrize(
    "source",
    [
        "raise AgentError(compute())",
        "def f(why): raise AgentError(why)",
        "raise AgentError(spec['reason'])",
        "raise AgentError('a b c %s' % x)",
        "problems.append(x.y)",
        "raise AgentError(f'gone {a}{b}')",
        "raise AgentError(f'{a}: {b} is {c}')",
    ],
)
def test_what_can_not_be_followed_is_a_fault(tmp_path: Path, source: str) -> None:
    assert read_sources(write(tmp_path, source)).faults


def test_a_text_without_french_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogues' own check says so, as for every other message."""
    monkeypatch.setattr(catalogues, "agent_texts", lambda: {**TEXTS, "A new {kind} of fault.": ["agent/new.py"]})
    assert [f for f in catalogues.check() if "A new {kind} of fault" in f and f.startswith("fr: not in the catalogue")]
