"""What this PC is doing, on its own screen and serial line, in French and English.

Runs on the live image's own python3, without any library. Reads what others leave under /etc/recyclerie and
/run/recyclerie; never writes anything but the consoles. Nobody logs in here: the person in front of the PC
needs to know whether it works, what it waits for, and whether it may be switched off. One key is heard: T starts
the tests that need hands, on the second console.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import termios
import textwrap
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

REFRESH_SECONDS = 2.0
SERIAL = Path("/dev/ttyS0")
SCREEN = Path("/dev/tty1")
HANDS_ON = "recyclerie-hands-on.service"
CLEAR = "\033[2J\033[H"

PHASES = {
    "check": "vérification / checking",
    "write": "écriture / writing",
    "validate": "relecture / reading back",
    "grow": "agrandissement / growing",
    "personalise": "réglages / settings",
}
# The agent's own words (status.json) → what the person in front of the PC should know.
STATES = {
    "starting": [".. L'agent démarre. / The agent is starting."],
    "unreachable": [
        "!! Le contrôleur ne répond pas ; nouvel essai automatique. Vérifiez le câble.",
        "!! The controller does not answer; it is tried again. Check the cable.",
    ],
    "quarantined": [
        ".. En attente : un technicien doit accepter ce PC sur le tableau de l'atelier.",
        ".. Waiting: a technician must accept this PC on the workshop board.",
    ],
    "accepted": [".. Accepté ; connexion… / Accepted; connecting…"],
    "refused": ["!! Refusé par le contrôleur. / Refused by the controller."],
    "linked": ["OK Ce PC est suivi par le contrôleur. / The controller is following this PC."],
}
KINDS = {
    "erase": "Effacement / Erasing",
    "install": "Installation / Installing",
    "test": "Tests automatiques / Automatic tests",
    "recheck": "Relecture de contrôle / Checking again",
}
INVITATION = "T : tests avec les mains (écran, clavier, son...) / hands-on tests of this PC"


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, or nothing where it is missing or being written."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def read_text(path: str) -> str:
    """A one-line file of /sys or /etc, "" where it can't be read."""
    with suppress(OSError):
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    return ""


def addresses() -> list[str]:
    """ "192.0.2.7 (enp1s0)" for each address of a real card."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        shown = subprocess.run(
            ["ip", "-json", "-4", "address", "show", "up"], capture_output=True, timeout=5, check=True
        )
        return [
            f"{address['local']} ({card['ifname']})"
            for card in json.loads(shown.stdout)
            if card.get("ifname") != "lo"
            for address in card.get("addr_info", [])
        ]
    return []


def agent_active() -> bool:
    """Whether systemd says that the agent runs."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(["systemctl", "is-active", "--quiet", "recyclerie-agent.service"], timeout=5, check=False)
        return done.returncode == 0
    return False


def jobs(folder: Path = Path("/run/recyclerie/jobs")) -> list[dict[str, Any]]:
    """The jobs of this boot: spec's kind and drive, the newest progress, the result's state."""
    found = []
    for place in sorted(folder.glob("*/")):
        spec, progress = read_json(place / "spec.json"), read_json(place / "progress.json")
        result = read_json(place / "result.json")
        found.append(
            {
                "kind": spec.get("kind", ""),
                "drive": " ".join(str(spec.get("drive", {}).get(part, "")) for part in ("model", "serial")).strip(),
                "phase": progress.get("phase", ""),
                "done": progress.get("done", 0),
                "total": progress.get("total", 0),
                "state": result.get("state", "running"),
            }
        )
    return found


def gather() -> dict[str, Any]:
    """Everything that the screen is made of."""
    config = read_json(Path("/etc/recyclerie/agent.json"))
    status = read_json(Path("/run/recyclerie/status.json"))
    return {
        "version": read_text("/usr/lib/recyclerie/image-version"),
        "machine": " ".join(
            filter(None, (read_text(f"/sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name")))
        ),
        "serial": read_text("/sys/class/dmi/id/product_serial"),
        "addresses": addresses(),
        "controller": str(config.get("controller_url", "")),
        "agent_active": agent_active(),
        "status": status,
        "jobs": jobs(),
    }


def state_lines(facts: dict[str, Any]) -> list[str]:
    """What the PC waits for or does, the most urgent thing first. Pure: facts → lines."""
    if not facts["controller"]:
        return [
            "!! Ce PC ne connaît pas son contrôleur : site.json manque.",
            "   Relancez « recyclerie netboot » (ou refaites la clé USB), puis redémarrez ce PC.",
            "!! This PC does not know its controller: site.json is missing.",
            "   Run 'recyclerie netboot' again (or make the USB stick again), then restart this PC.",
        ]
    if not facts["addresses"]:
        return [
            "!! Pas d'adresse réseau : vérifiez le câble et le serveur DHCP.",
            "!! No network address: check the cable and the DHCP server.",
        ]
    if not facts["agent_active"]:
        return [
            "!! L'agent ne tourne pas ; il est relancé. / The agent is not running; it is being restarted.",
            "   Si cela dure, redémarrez ce PC. / If this lasts, restart this PC.",
        ]
    status = facts["status"]
    lines = [job_line(job) for job in facts["jobs"]]
    lines += STATES.get(str(status.get("state")), STATES["starting"])
    if status.get("tag"):
        lines.append(f"   Étiquette / label: {status['tag']}")
    if status.get("message"):
        lines += [f"   {part}" for part in textwrap.wrap(str(status["message"]), 70)]
    if any(job["state"] == "running" for job in facts["jobs"]):
        lines.append("!! Ne pas éteindre. / Do not switch off.")
    return lines


def job_line(job: dict[str, Any]) -> str:
    """One job as a line, with its share done."""
    kind = KINDS.get(job["kind"], job["kind"] or "?")
    if job["state"] != "running":
        ended = {"succeeded": "terminé / done", "failed": "ÉCHEC / FAILED"}.get(job["state"], job["state"])
        return f"-- {kind}, {job['drive']} : {ended}"
    share = f"{100 * job['done'] / job['total']:.0f} %" if job["total"] else ""
    phase = PHASES.get(job["phase"], job["phase"])
    return f">> {kind}, {job['drive']} : {phase} {share}".rstrip()


def screen(facts: dict[str, Any]) -> list[str]:
    """The whole screen."""
    return [
        "=" * 78,
        "  RECYCLERIE                                 image " + (facts["version"] or "?"),
        "=" * 78,
        f"  PC         : {facts['machine'] or '?'}   n° {facts['serial'] or '?'}",
        f"  Réseau     : {', '.join(facts['addresses']) or '-'}",
        f"  Contrôleur : {facts['controller'] or '-'}",
        "",
        *(f"  {line}" for line in state_lines(facts)),
        "",
        *([f"  {INVITATION}"] if facts["controller"] else []),
    ]


def put(place: Path, text: str) -> None:
    """Write to a console; a PC without a serial line says I/O error, and that is all right."""
    with suppress(OSError), place.open("w", encoding="utf-8") as console:
        console.write(text)


class Keys:
    """The screen's keyboard, read letter by letter and without echo. A PC without one is no fault."""

    def __init__(self, place: Path = SCREEN) -> None:
        self.fd = -1
        with suppress(OSError, termios.error):
            self.fd = os.open(place, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            settings = termios.tcgetattr(self.fd)
            settings[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
            termios.tcsetattr(self.fd, termios.TCSANOW, settings)

    def wait(self, seconds: float) -> bytes:
        """What was typed; as soon as something is, or nothing after ``seconds``."""
        typed = b""
        if self.fd < 0:
            time.sleep(seconds)
            return typed
        with suppress(OSError):
            select.select([self.fd], [], [], seconds)
            typed = os.read(self.fd, 64)
        if not typed:
            time.sleep(0.2)  # hung up, or nothing: never a busy loop
        return typed


def wants_tests(typed: bytes) -> bool:
    """T alone; not a letter in the sequence of another key."""
    return bool(typed) and set(typed) <= set(b"tT")


def start_tests() -> None:
    """Show the tests that need hands. Their unit brings its own console to the front."""
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(["systemctl", "start", "--no-block", HANDS_ON], timeout=10, check=False)


def main() -> None:
    """Draw the screen whenever it changes; on the serial line, only the state, as lines of a log."""
    keys = Keys()
    shown: list[str] = []
    told: list[str] = []
    while True:
        facts = gather()
        lines = screen(facts)
        if lines != shown:
            put(SCREEN, CLEAR + "\r\n".join(lines) + "\r\n")
            shown = lines
        # Without percentages: a serial log must stay readable.
        said = [line.split(" : ")[0] if line.startswith(">>") else line for line in state_lines(facts)]
        if said != told:
            put(SERIAL, "\r\n".join([f"recyclerie: {line}" for line in said]) + "\r\n")
            told = said
        if wants_tests(keys.wait(REFRESH_SECONDS)):
            start_tests()


if __name__ == "__main__":
    main()
