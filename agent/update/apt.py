"""apt, with our repository and nothing else: the system's own lists, settings and hooks are left alone.

Everything it needs is written anew at each run from the agent's own settings: a changed address, authority or token
needs nothing else to be brought up to date.
"""

from __future__ import annotations

import os
import shutil
from urllib.parse import quote

from agent.config import Config
from agent.errors import AgentError
from agent.files import read_json, read_text, write_text
from agent.link.proxy import Proxy
from agent.protocol_updates import APT_PATH, PACKAGE
from agent.tools import Ran, run
from agent.update.places import KEYRING, Patience, Places

SECONDS = 900.0


class Unreachable(AgentError):
    """The controller can't be asked now."""


class Apt:
    """apt-get and apt-cache for one package."""

    def __init__(self, config: Config, places: Places, patience: Patience, proxy: Proxy | None) -> None:
        self.config, self.places, self.patience, self.proxy = config, places, patience, proxy

    # -- settings ------------------------------------------------------------------------------------
    def write_settings(self) -> None:
        """Settings, source, login and authority, and empty lists: nothing old is ever believed."""
        here, cache = self.places.run, self.places.cache / "apt"
        here.mkdir(parents=True, exist_ok=True)
        here.chmod(0o755)  # apt's own account reads the authority
        shutil.rmtree(cache / "lists", ignore_errors=True)
        for folder in (cache / "lists" / "partial", cache / "archives" / "partial"):
            folder.mkdir(parents=True, exist_ok=True)
        token = read_text(self.config.token_file)
        address = self.config.controller_url + APT_PATH
        login = (read_json(self.config.state_dir / "status.json") or {}).get("machine_id") or "agent"
        write_text(here / "ca.crt", read_text(self.config.ca_file) + "\n")
        write_text(here / "auth.conf", f"machine {address}/ login {login} password {token}\n", mode=0o600)
        write_text(here / "agent.sources", f"Types: deb\nURIs: {address}/\nSuites: ./\nSigned-By: {KEYRING}\n")
        write_text(here / "apt.conf", self._settings(), mode=0o600)  # a proxy's password may be in it
        os.environ["APT_CONFIG"] = str(here / "apt.conf")
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"

    def _settings(self) -> str:
        here, cache = self.places.run, self.places.cache / "apt"
        lines = {
            # Read first of all: it keeps apt from reading the system's own.
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::Etc::sourcelist": here / "agent.sources",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::netrc": here / "auth.conf",
            "Dir::Etc::netrcparts": "/dev/null",
            "Dir::State::lists": cache / "lists",
            "Dir::Cache::archives": cache / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::https::CAInfo": here / "ca.crt",
            "Acquire::https::Proxy": self._proxy(),
            "Acquire::https::Timeout": 60,
            "Acquire::Retries": 2,
            "Acquire::Languages": "none",
            "APT::Install-Recommends": "false",
            "APT::Update::Error-Mode": "any",
            "DPkg::Lock::Timeout": round(self.patience.lock),
            "quiet": 2,
        }
        return "".join(f'{name} "{value}";\n' for name, value in lines.items())

    def _proxy(self) -> str:
        proxy = self.proxy
        if proxy is None:
            return "DIRECT"
        login = f"{quote(proxy.user, safe='')}:{quote(proxy.password, safe='')}@" if proxy.user else ""
        return f"http://{login}{proxy.host}:{proxy.port}"

    # -- what it does ----------------------------------------------------------------------------------
    def look(self) -> str:
        """The version to have: the repository's newest, or the installed one. Raises Unreachable."""
        self.write_settings()
        ran = run(["apt-get", "update"], seconds=SECONDS)
        if not ran.ok:
            raise Unreachable(f"The agent's releases can't be looked at: {_words(ran)}.")
        ran = run(["apt-cache", "policy", PACKAGE], seconds=120)
        for line in ran.out.splitlines():
            name, _, value = line.strip().partition(": ")
            if name == "Candidate":
                return value.strip()
        raise AgentError(f"The repository has no {PACKAGE}: {_words(ran)}.")

    def download(self, version: str) -> bytes:
        """A version's package, compared with the signed index by apt. Raises AgentError."""
        folder = self.places.cache / "download"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            ran = run(["apt-get", "download", f"{PACKAGE}={version}"], seconds=SECONDS, cwd=str(folder))
            found = list(folder.glob("*.deb"))
            if not ran.ok or len(found) != 1:
                raise AgentError(f"{PACKAGE} {version} can't be downloaded: {_words(ran)}.")
            return found[0].read_bytes()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def install(self, version: str) -> Ran:
        """Install the downloaded package; what it depends on must be there."""
        argv = ["apt-get", "--yes", "--allow-downgrades", "install", str(self.places.new)]
        return run(argv, seconds=SECONDS + self.patience.lock)


def _words(ran: Ran) -> str:
    """The lines that say why; apt's last one often says only that something above went wrong."""
    lines = [line.strip() for line in (ran.err + ran.out).splitlines() if line.startswith(("E:", "W:", "Err:"))]
    return " ".join(lines)[:600] or ran.explain()
