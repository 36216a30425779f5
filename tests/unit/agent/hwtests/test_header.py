"""Headers: what may stand in one, and that each of ours is right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from agent.hwtests.by_hand import markdown
from agent.hwtests.catalogue import PROGRAMS, all_tests, automatic_tests, hands_on_tests, named_tests
from agent.hwtests.header import Header, HeaderError, parse_header, read_header
from agent.hwtests.machine import KINDS, absent
from agent.hwtests.needs import KINDS as NEEDS
from tests.unit.agent.hwtests.programs import SAYS, program

GOOD = """\
# /// recyclerie-test
# name = "thing"
# title = "Thing"
# subsystem = "usb"
# runs = "parallel"
# limit_seconds = 10
# usual_seconds = 2.5
# length_option = "thing_seconds"
# options = {thing_seconds = 5, other = "a"}
# needs = ["tool:sh"]
# [figures]
# n = "things"
# ///
print(1)
"""


def test_a_header_is_read_without_running_the_program() -> None:
    header = parse_header(GOOD + "raise SystemExit('run')")
    assert (header.name, header.title, header.subsystem, header.runs) == ("thing", "Thing", "usb", "parallel")
    assert header.needs == ("tool:sh",)
    assert header.figures == {"n": "things"}
    assert header.hands is False


def test_a_length_option_is_added_to_limit_and_usual_time() -> None:
    header = parse_header(GOOD)
    assert (header.limit({}), header.usual({})) == (15, 7.5)
    assert (header.limit({"thing_seconds": 100}), header.usual({"thing_seconds": 100})) == (110, 102.5)
    assert header.limit({"thing_seconds": "nonsense"}) == 15
    assert header.limit({"thing_seconds": -5}) == 10
    assert header.chosen({"other": "b", "foreign": 1}) == {"thing_seconds": 5, "other": "b"}


def test_a_value_of_an_option_can_change_the_limit() -> None:
    longer = '# longer = {option = "other", value = "z", seconds = 5000}\n# [figures]'
    header = parse_header(GOOD.replace("# [figures]", longer))
    assert header.limit({"other": "z"}) == 5000
    assert header.limit({}) == 15


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("# ///\nprint", "print"), "0 headers"),
        (("# name", "# more = 1\n# name"), "unknown keys: more"),
        (('# title = "Thing"\n', ""), "lacks title"),
        (('"thing"', '"Thing!"'), "name is"),
        (('"thing"', '"../thing"'), "name is"),
        (('"usb"', '"teapot"'), "teapot"),
        (('"parallel"', '"sometimes"'), "sometimes"),
        (("limit_seconds = 10", "limit_seconds = 0"), "limit_seconds"),
        (("limit_seconds = 10", "limit_seconds = true"), "of another kind: True"),
        (("usual_seconds = 2.5", "usual_seconds = 20"), "usual_seconds"),
        (("usual_seconds = 2.5", 'usual_seconds = "2"'), "of another kind: '2'"),
        (('"thing_seconds"\n', '"unknown"\n'), "length_option"),
        (('["tool:sh"]', "[1]"), "hold texts only"),
        (('n = "things"', "n = 1"), "hold texts only"),
        (("name = ", "name == "), "not TOML"),
        (("# needs", '# longer = {option = "x", value = 1, seconds = 2}\n# needs'), "longer"),
    ],
)
def test_a_wrong_header_says_what_is_wrong(change: tuple[str, str], said: str) -> None:
    with pytest.raises(HeaderError, match=re.escape(said)):
        parse_header(GOOD.replace(*change))


def test_two_headers_are_one_too_many() -> None:
    with pytest.raises(HeaderError, match="2 headers"):
        parse_header(GOOD + GOOD)


def test_a_program_is_called_like_its_test(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(GOOD)
    with pytest.raises(HeaderError, match="not its file's name"):
        read_header(tmp_path / "other.py")


def test_a_broken_program_does_not_cost_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    program(tmp_path, "good-one", SAYS)
    (tmp_path / "bad.py").write_text("print(1)")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    assert [header.name for header in all_tests(tmp_path)] == ["good-one"]
    assert "bad.py" in caplog.text
    assert "binary.py" in caplog.text


def test_every_program_of_ours_has_a_right_header() -> None:
    files = {path.stem for path in PROGRAMS.glob("*.py")} - {"__init__"}
    headers = all_tests()
    assert {header.program.stem for header in headers} == files
    for header in headers:
        assert header.targets in ("", *KINDS), header.name
        assert all(need.partition(":")[0] in NEEDS for need in header.needs), header.name
        # "automatic" and "hands" are told apart by the header alone.
        assert (header in automatic_tests()) is not (header in hands_on_tests())


def test_every_kind_of_target_can_say_that_there_is_none() -> None:
    unknown = absent("teapots")
    assert all("teapots" not in absent(kind) and absent(kind) != unknown.replace("teapots", kind) for kind in KINDS)


def test_the_tests_of_the_issue_are_there() -> None:
    wanted = "battery camera clock cpu drive-self-test drive-surface fans graphics memory network sound wifi".split()
    assert {header.name for header in automatic_tests()} >= set(wanted)


def test_unknown_names_are_said_with_the_known_ones() -> None:
    with pytest.raises(Exception, match=r"no test called teapot.*memory"):
        named_tests(["memory", "teapot"])


@pytest.mark.parametrize("header", automatic_tests(), ids=lambda header: header.name)
def test_mandatory_figures_are_named_in_the_program(header: Header) -> None:
    """A figure that a header promises and no line of code makes would fail every machine."""
    path = header.program
    tree = ast.parse(path.read_text())
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(header.figures) <= words


def test_the_documentation_has_the_table_of_all_tests() -> None:
    said = (Path(__file__).resolve().parents[4] / "docs/hardware-tests.md").read_text(encoding="utf-8")
    assert markdown() in said, "run: recyclerie-agent test --table, and put its output into docs/hardware-tests.md"


def test_the_documentation_has_every_option_and_every_automatic_test() -> None:
    said = (Path(__file__).resolve().parents[4] / "docs/hardware-tests.md").read_text(encoding="utf-8")
    options = said.partition("## Options")[2].partition("## The header")[0]
    does = said.partition("### What they do")[2].partition("### Why")[0]
    for header in automatic_tests():
        assert f"| `{header.name}` |" in does
        for name in header.options:
            assert f"`{name}`" in options
