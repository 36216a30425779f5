"""The adapter to ansible-runner: one fresh private directory a play, pinned host keys, events only enqueued."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import psutil

from controller.settings import Settings
from controller.texts import storable, storable_text

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = ROOT / "playbooks"
INVENTORY = ROOT / "inventory"
SAMPLE_SECONDS = 0.25
PLAY_TIMEOUT_SECONDS = 900
MAX_ERROR = 4000  # characters
FROM_MACHINE = "machine"  # the level of lines that a program on the machine said


@dataclass(frozen=True, kw_only=True)
class Target:
    """A machine as Ansible reaches it."""

    name: str
    address: str  # where only its link leads to it: any name, under which its host keys are pinned
    host_keys: tuple[str, ...]  # "ssh-ed25519 AAAA…": pinned, nothing else is accepted
    profile: str
    linked: bool = False  # only its agent's link leads to it
    actor: str = ""  # who asked for it, where a stream is recorded
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class PlayResult:
    """What a play came to."""

    status: str  # successful, failed, unreachable, timeout, canceled
    data: dict[str, Any] = field(default_factory=dict)  # what the playbook set as ``recyclerie``
    error: str = ""  # the failed task's own words
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0

    @property
    def ok(self) -> bool:
        """Whether every task succeeded."""
        return self.status == "successful"


def run_play(
    settings: Settings,
    playbook: str,
    target: Target,
    variables: dict[str, Any],
    ssh_key: Path,
    log: Callable[[str, str], None],
    cancelled: Callable[[], bool] = lambda: False,
    *,
    tags: str = "",
    seconds: float = PLAY_TIMEOUT_SECONDS,
) -> PlayResult:
    """Run ``playbook`` on one machine. ``log(level, text)`` is called for each line and must only enqueue.

    ``tags``: the parts of it that are wanted. ``seconds``: for how long it may run.

    ``variables`` may hold secrets: they go through a file of mode 0600 in a directory of mode 0700 that is
    removed at the end, never through a command line.
    """
    private = settings.runs_dir / f"{playbook.removesuffix('.yml')}-{target.name}-{uuid.uuid4().hex[:8]}"
    private.mkdir(mode=0o700, parents=True)
    result = PlayResult(status="failed")
    try:
        _prepare(private, target, variables, ssh_key)
        meter = _Meter(str(private))
        with meter:
            run = ansible_runner.run(
                private_data_dir=str(private),
                project_dir=str(PLAYBOOKS),
                playbook=playbook,
                tags=tags or None,
                quiet=True,
                event_handler=lambda event: _on_event(event, result, log),
                cancel_callback=cancelled,
                settings={"job_timeout": int(seconds), "idle_timeout": int(seconds)},
                envvars=_environment()
                | {"RECYCLERIE_DATA_DIR": str(settings.data_dir), "RECYCLERIE_ACTOR": target.actor},
            )
        if result.status != "unreachable":
            result.status = str(run.status)
        result.cpu_seconds, result.peak_rss_bytes = meter.cpu_seconds, meter.peak_rss_bytes
        if not result.ok and not result.error:
            result.error = _last_words(run)
        result.error = storable_text(result.error)[:MAX_ERROR]
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return result


def _prepare(private: Path, target: Target, variables: dict[str, Any], ssh_key: Path) -> None:
    for folder in ("env", "inventory"):
        (private / folder).mkdir(mode=0o700)
    known_hosts = private / "known_hosts"
    known_hosts.write_text("".join(f"{target.address} {key}\n" for key in target.host_keys))
    ssh_options = [
        f"-o UserKnownHostsFile={known_hosts}",
        "-o GlobalKnownHostsFile=/dev/null",
        "-o StrictHostKeyChecking=yes",
        "-o IdentitiesOnly=yes",
        "-o ConnectTimeout=15",
        "-o ServerAliveInterval=10",
        "-o ControlMaster=auto",
        "-o ControlPersist=20s",
    ]
    if target.linked:
        own = Path(sys.executable).parent / "recyclerie"
        ssh_options.append(f'-o "ProxyCommand={own} assist pipe {target.name} --service ssh"')
    host = {
        "ansible_host": target.address,
        "ansible_user": "root",
        "ansible_connection": "ssh",
        "ansible_ssh_private_key_file": str(ssh_key),
        "ansible_ssh_args": " ".join(ssh_options),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_pipelining": True,
        "profile": target.profile,
        **target.variables,
    }
    inventory = {"all": {"children": {f"profile_{target.profile}": {"hosts": {target.name: host}}}}}
    (private / "inventory" / "hosts.json").write_text(json.dumps(inventory))
    (private / "inventory" / "group_vars").symlink_to(INVENTORY / "group_vars")
    extravars = private / "env" / "extravars"
    extravars.touch(mode=0o600)
    extravars.write_text(json.dumps(variables))


def _environment() -> dict[str, str]:
    own = Path(sys.executable).parent  # ansible-playbook is beside the interpreter, whatever PATH says
    return {
        "PATH": f"{own}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_LIBRARY": str(PLAYBOOKS / "library"),
        "ANSIBLE_ROLES_PATH": str(PLAYBOOKS / "roles"),
        "ANSIBLE_FORKS": "1",
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "False",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
    }


def _on_event(event: dict[str, Any], result: PlayResult, log: Callable[[str, str], None]) -> bool:
    data = event.get("event_data") or {}
    kind = event.get("event")
    for line in _lines(data):
        log(FROM_MACHINE, line)
    if kind != "runner_retry":  # how long work on the machine is waited for; it is no failure
        for line in str(event.get("stdout") or "").splitlines():
            if line.strip():
                log("error" if kind in ("runner_on_failed", "runner_on_unreachable") else "info", line)
    if kind == "playbook_on_stats":
        said = storable((data.get("artifact_data") or {}).get("recyclerie"))
        result.data = said if isinstance(said, dict) else {}
    elif kind == "runner_on_unreachable":
        result.status, result.error = "unreachable", str((data.get("res") or {}).get("msg") or "unreachable")
    elif kind in ("runner_on_failed", "runner_item_on_failed") and not data.get("ignore_errors"):
        result.error = str((data.get("res") or {}).get("msg") or data.get("task") or "failed")
    return False  # nothing is kept on disk: the log is in the database


def _lines(data: dict[str, Any]) -> list[str]:
    """What a program on the machine has said since it was last asked (recyclerie_long)."""
    found = data.get("res")
    lines = found.get("lines") if isinstance(found, dict) else None
    return [str(line) for line in lines] if isinstance(lines, list) else []


def _last_words(run: Any) -> str:
    try:
        lines = [line for line in run.stdout.read().splitlines() if line.strip()]
    except (OSError, ValueError, ansible_runner.exceptions.AnsibleRunnerException):
        lines = []
    return lines[-1] if lines else f"ansible-runner ended: {run.status}"


class _Meter:
    """CPU and memory of a play's processes, sampled: those whose command line names its directory."""

    def __init__(self, marker: str) -> None:
        self._marker, self._stop = marker, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.cpu_seconds, self.peak_rss_bytes = 0.0, 0

    def __enter__(self) -> _Meter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        me = psutil.Process()
        main: psutil.Process | None = None
        while not self._stop.wait(SAMPLE_SECONDS):
            try:
                if main is None:
                    main = next((c for c in me.children() if self._marker in " ".join(c.cmdline())), None)
                if main is not None:
                    self._sample(main)
            except psutil.Error:
                main = None

    def _sample(self, main: psutil.Process) -> None:
        times = main.cpu_times()
        cpu = times.user + times.system + times.children_user + times.children_system
        rss = main.memory_info().rss
        for child in main.children(recursive=True):
            try:
                child_times = child.cpu_times()
                cpu += child_times.user + child_times.system
                rss += child.memory_info().rss
            except psutil.Error:
                continue
        self.cpu_seconds = max(self.cpu_seconds, cpu)
        self.peak_rss_bytes = max(self.peak_rss_bytes, rss)


def end_leftovers(settings: Settings) -> int:
    """Kill plays that a killed controller left behind, and remove their directories. Returns how many."""
    marker = str(settings.runs_dir) + "/"
    left = []
    for process in psutil.process_iter(["cmdline"]):
        if any(marker in part for part in process.info["cmdline"] or ()):
            left.append(process)
    for process in left:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(left, timeout=5)
    for folder in settings.runs_dir.glob("*"):
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)
