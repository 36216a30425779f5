"""Where this machine stands, in a few words for whoever stands in front of its screen. French or English."""

from __future__ import annotations

import os
from typing import Any

from agent.config import Config
from agent.files import read_json
from agent.jobs.folder import JobFolder, job_folders

# The agent has no catalogues on the target: its few sentences stand here in both languages.
_FRENCH = {
    "title": "Recyclerie — poste {mode}",
    "live": "à l'atelier",
    "resident": "installé",
    "tag": "Étiquette : {tag}",
    "controller": "Contrôleur : {url}",
    "starting": "Démarrage…",
    "unreachable": "Le contrôleur ne répond pas ; nouvel essai automatique. Vérifiez le câble réseau.",
    "quarantined": "En attente : un technicien doit accepter ce poste sur le tableau de bord.",
    "accepted": "Accepté ; connexion…",
    "refused": "Refusé par le contrôleur.",
    "linked": "Connecté.",
    "erase": "Effacement",
    "install": "Installation",
    "succeeded": "terminé",
    "failed": "échec",
    "lost": "interrompu",
    "left": "reste {minutes} min",
    "none": "L'agent n'est pas configuré sur ce poste.",
}
_ENGLISH = {
    "title": "Recyclerie — {mode} machine",
    "live": "workshop",
    "resident": "installed",
    "tag": "Label: {tag}",
    "controller": "Controller: {url}",
    "starting": "Starting…",
    "unreachable": "The controller does not answer; it is tried again. Check the network cable.",
    "quarantined": "Waiting: a technician must accept this machine on the dashboard.",
    "accepted": "Accepted; connecting…",
    "refused": "Refused by the controller.",
    "linked": "Connected.",
    "erase": "Erasing",
    "install": "Installing",
    "succeeded": "done",
    "failed": "failed",
    "lost": "interrupted",
    "left": "{minutes} min left",
    "none": "The agent is not set up on this machine.",
}


def status_text(config: Config | None) -> str:
    """The screen's text: where the machine stands, and each job with its share done."""
    words = _ENGLISH if _language().startswith("en") else _FRENCH
    if config is None:
        return words["none"]
    status = read_json(config.state_dir / "status.json") or {}
    lines = [words["title"].format(mode=words[config.mode])]
    if status.get("tag"):
        lines.append(words["tag"].format(tag=status["tag"]))
    lines.append(words["controller"].format(url=config.controller_url))
    lines.append(words.get(str(status.get("state", "starting")), words["starting"]))
    if status.get("message"):
        lines.append(f"  {status['message']}")
    lines += [_job_line(folder, words) for folder in job_folders(config.jobs_dir) if folder.has_spec()]
    return "\n".join(lines)


def _job_line(folder: JobFolder, words: dict[str, str]) -> str:
    result = folder.result()
    progress: dict[str, Any] = folder.progress() or {}
    kind = str((result or {}).get("kind") or progress.get("kind") or "")
    name = words.get(kind, kind or folder.job_id)
    if result is not None:
        text = f"{name} : {words.get(str(result.get('state')), '?')}"
        return f"{text}. {result['error']}" if result.get("error") else text
    done, total = progress.get("done") or 0, progress.get("total") or 0
    share = f"{100 * done // total} %" if total else "…"
    eta = progress.get("eta_seconds")
    left = f", {words['left'].format(minutes=max(1, round(eta / 60)))}" if eta else ""
    return f"{name} : {progress.get('phase', '')} {share}{left}"


def _language() -> str:
    return os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "fr"
