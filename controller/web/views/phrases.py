"""Text that was stored in English with its figures filled in, said again in the language of the request.

A claim's reason is stored as a whole sentence. Its message id is found again by its shape: each ``{placeholder}``
matches anything. What has no such message (a tool's own error) is shown as it came.
"""

from __future__ import annotations

import re
from functools import lru_cache

from controller.i18n import catalogue, get_language, translate


@lru_cache(maxsize=1)
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    known = getattr(catalogue("fr"), "_catalog", {})
    found = []
    for message in known:
        if not isinstance(message, str) or "{" not in message or not re.search(r"[A-Za-z]{3}", message):
            continue
        parts = re.split(r"\{(\w+)\}", message)
        pattern = "".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>.+?)" for i, p in enumerate(parts))
        try:
            found.append((re.compile(pattern + r"(?P<_more> \(.*\))?", re.DOTALL), message))
        except re.error:  # the same placeholder twice
            continue
    # The longest shape first: it says most.
    return tuple(sorted(found, key=lambda item: -len(item[1])))


@lru_cache(maxsize=4096)
def _find(text: str, _language: str) -> str:
    for pattern, message in _shapes():
        match = pattern.fullmatch(text)
        if match:
            values = match.groupdict()
            more = values.pop("_more", None) or ""
            return translate(message, **{k: translate(v) for k, v in values.items()}) + more
    return text


def say(text: str) -> str:
    """``text`` in the request's language, as far as it is known."""
    if not text:
        return ""
    direct = translate(text)
    return direct if direct != text else _find(text, get_language())
