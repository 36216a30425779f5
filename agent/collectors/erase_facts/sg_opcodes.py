"""``sg_opcodes``: the commands that a SCSI drive supports (REPORT SUPPORTED OPERATION CODES)."""

from __future__ import annotations

import re

from agent.protocol_erase import ScsiFacts

# " 48        2        10    0,0    Sanitize, block erase"; with --compact " 48,2      Sanitize, block erase".
_SANITIZE = re.compile(r"^\s*48[ \t,]+([0-9a-f]{1,2})[ \t][^\n]*\bSanitize\b", re.MULTILINE)
_LINE = re.compile(r"^\s*[0-9a-f]{2}(?:[ \t,]+[0-9a-f]{1,4})?[ \t]+\S", re.MULTILINE)


def parse_opcodes(text: str) -> ScsiFacts | None:
    """Which forms of SANITIZE (48h) are in the list of sg3-utils 1.48; None when there is no list."""
    head = re.search(r"^-{20,}\s*$", text, re.MULTILINE)
    if head is None or not _LINE.search(text, head.end()):
        return None
    actions = {int(match.group(1), 16) for match in _SANITIZE.finditer(text, head.end())}
    return {"sanitize_overwrite": 1 in actions, "sanitize_block": 2 in actions, "sanitize_crypto": 3 in actions}
