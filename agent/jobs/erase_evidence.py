"""The evidence of one erase (``recyclerie.evidence/2``): empty at first, filled as the job goes on. Pure."""

from __future__ import annotations

from typing import Any

from agent import VERSION
from agent.errors import AgentError
from agent.jobs.erase_techniques.attempt import TECHNIQUES
from agent.protocol_erase import EVIDENCE_SCHEMA, Attempt

PREPARATIONS = ("thaw", "unlock", "remove-hpa", "remove-dco", "remove-ama", "take-down-holders")


def new_evidence(spec: dict[str, Any], image_version: str) -> dict[str, Any]:
    """What is known before anything was done: who asked for what. None and [] mean that it never came to it."""
    unknown = (
        "drive_before drive_after erase_facts_before erase_facts_after smart_before smart_after size_bytes_reported "
        "size_bytes_native canaries samples_before writer validator"
    ).split()
    empty = "hidden_found hidden_left preparations attempts interruptions".split()
    return {
        "schema": EVIDENCE_SCHEMA,
        "agent_version": VERSION,
        "image_version": image_version,
        "authorisation_id": spec.get("authorisation_id"),
        "authorised_by": spec.get("authorised_by"),
        "chassis": spec.get("chassis"),
        "plan": spec.get("plan"),
        "technique": "",
        "resumed_from": "",
        **dict.fromkeys(unknown),
        **{name: [] for name in empty},
    }


def completed_attempt(evidence: dict[str, Any]) -> Attempt | None:
    """The attempt that brought its technique to the end; it is always the last one."""
    attempts: list[Attempt] = evidence.get("attempts") or []
    return attempts[-1] if attempts and attempts[-1]["outcome"] == "completed" else None


def check_plan(plan: Any) -> None:
    """Raises AgentError for a plan that this agent can't carry out to the letter."""
    try:
        known = (
            bool(plan["techniques"])
            and all(planned["technique"] in TECHNIQUES for planned in plan["techniques"])
            and all(name in PREPARATIONS for name in plan["preparations"])
            and plan["writer"] in ("direct", "nwipe")
            and all(plan[part]["mode"] in ("full", "sampled") for part in ("validation", "overwrite_validation"))
            and int(plan["canaries"]) >= 0
        )
    except (LookupError, TypeError, ValueError):
        known = False
    if not known:
        raise AgentError(f"This agent does not know the erase plan {plan!r}.", hint="Boot a newer live image.")
