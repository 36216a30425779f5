"""docs/playbooks.md names every variable, every kind of check with its options, every option of the inventory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.recyclerie.checks.registry import KINDS

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = ROOT / "playbooks"
DOCUMENT = (ROOT / "docs" / "playbooks.md").read_text()
OURS = {path.stem for path in (PLAYBOOKS / "library").glob("*.py")}
PLAYS = sorted(PLAYBOOKS.glob("*.yml"))
# What a play makes itself, and what Ansible gives it.
INTERNAL = {"inspect_taken", "check_run", "seal_done", "jobs_asked", "ansible_failed_result", "inventory_hostname"}
INTERNAL |= {"maintain_logs", "maintain_signatures"}
KEYWORDS = (
    *("name", "register", "no_log", "when", "tags", "failed_when", "changed_when"),
    *("until", "retries", "delay"),
)


def variables(text: str) -> set[str]:
    """Names used in templates: the first word of each expression and of what follows ``default(``, lists included."""
    found: set[str] = set()
    for expression in re.findall(r"{{(.*?)}}", text, re.DOTALL):
        found.update(re.findall(r"^\s*\[?\s*([a-z_]+)", expression))
    found.update(re.findall(r"that: ([a-z_]+) is defined", text))
    return found - INTERNAL


def test_every_variable_is_documented() -> None:
    files = [*PLAYS, *(PLAYBOOKS / "roles").rglob("*.yml")]
    used = {name for path in files for name in variables(path.read_text())}
    used |= set(yaml.safe_load((PLAYBOOKS / "roles/jobs/defaults/main.yml").read_text()))
    assert used >= {"erase_jobs", "install_job", "profile_checks"}
    assert {name for name in used if f"| `{name}` |" not in DOCUMENT} == set()


def test_no_documented_variable_is_gone() -> None:
    section = DOCUMENT.split("## Variables")[1].split("##")[0]
    texts = "".join(path.read_text() for path in PLAYBOOKS.rglob("*.yml"))
    assert {name for name in re.findall(r"^\| `([a-z_]+)`", section, re.MULTILINE) if name not in texts} == set()


def test_every_kind_of_check_is_documented_with_its_options() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*)\|$", DOCUMENT.split("## Checks")[1], re.MULTILINE))
    assert set(rows) == set(KINDS)
    for kind, function in KINDS.items():
        source = Path(function.__code__.co_filename).read_text()
        body = source.split(f"def {function.__name__}(")[1].split("\ndef ")[0]
        if "judge(options" in body:
            body += source.split("def judge(")[1]
        for option in re.findall(r'options(?:\.get\(|\[)"([a-z_]+)"', body):
            assert f"`{option}`" in rows[kind], f"{kind} takes {option}"


@pytest.mark.parametrize("profile", ["famille", "mini"])
def test_the_profiles_checks_use_what_is_documented(profile: str) -> None:
    checks = yaml.safe_load((ROOT / f"inventory/group_vars/profile_{profile}.yml").read_text())["profile_checks"]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*)\|$", DOCUMENT.split("## Checks")[1], re.MULTILINE))
    names = [check["name"] for check in checks]
    assert len(set(names)) == len(names)
    for check in checks:
        for option in set(check) - {"name", "title", "kind", "mandatory"}:
            assert f"`{option}`" in rows[check["kind"]], f"{check['name']}: {option}"


def test_every_option_of_the_inventory_is_documented() -> None:
    source = (ROOT / "inventory" / "recyclerie.py").read_text()
    options: dict[str, Any] = yaml.safe_load(source.split('DOCUMENTATION = r"""')[1].split('"""')[0])["options"]
    for name, option in options.items():
        if name == "plugin":
            continue
        assert f"`{name}`" in DOCUMENT
        for variable in option.get("env", []):
            assert f"`{variable['name']}`" in DOCUMENT


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_plays_gather_nothing_and_use_our_modules_only(path: Path) -> None:
    assert f"`{path.name}`" in DOCUMENT
    for play in yaml.safe_load(path.read_text()):
        assert play["gather_facts"] is False
        for task in play.get("tasks", []):
            modules = {key for key in task if key not in KEYWORDS}
            assert all(module in OURS or module.startswith("ansible.builtin.") for module in modules), modules
