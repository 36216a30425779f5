"""TLS: the agent trusts the workshop's own authority and nothing else."""

from __future__ import annotations

import ssl
from pathlib import Path

from agent.errors import AgentError


def client_context(ca_file: Path) -> ssl.SSLContext:
    """A context that accepts only certificates of the authority in ``ca_file``. Raises AgentError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies names and chains
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as problem:
        raise AgentError(
            f"The authority's certificate {ca_file} can't be used: {problem}.",
            hint="Copy ca.crt from the controller, or boot the machine from the workshop's network again.",
        ) from problem
    return context
