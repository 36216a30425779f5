"""``hdparm --sanitize-status``: where the drive's last sanitize stands.

"Completed without error" may be from before we came: it proves nothing of ours.
"""

from __future__ import annotations

import re

_STATES = {"SD0": "idle", "SD1": "frozen", "SD2": "in progress", "SD3": "failed", "SD4": "succeeded"}


def parse_sanitize_status(out: str, err: str) -> tuple[str, float | None]:
    """State and progress (0.0 to 1.0) from hdparm 9.65; ("", None) when the drive's answer is missing.

    After a failed sanitize the drive refuses the question itself: hdparm says so on its error output.
    """
    if re.search(r"Drive in SD3|Last Sanitize Command completed unsuccessfully", err + out):
        return "failed", None
    match = re.search(r"State:\s*(SD[0-4])\b", out)
    if match is None:
        return "", None
    state = _STATES[match.group(1)]
    if state == "idle" and "Last Sanitize Operation Completed Without Error" in out:
        state = "succeeded"
    progress = re.search(r"Progress:\s*0x([0-9a-f]{1,4})\b", out)
    if state != "in progress" or progress is None:
        return state, None
    return state, round(int(progress.group(1), 16) / 0xFFFF, 4)
