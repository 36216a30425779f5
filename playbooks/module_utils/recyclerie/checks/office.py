"""The office suite really converts a document: a French letter becomes a PDF whose text is the letter's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, failed, passed, run

SENTENCE = "Voilà l’été : élèves, œuvres et garçons reçoivent leur ordinateur à Aix-en-Provence."
# A flat OpenDocument text: the office suite's own format in one XML file.
DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
 <office:body><office:text>
  <text:h text:outline-level="1">Recyclerie</text:h>
  <text:p>{SENTENCE}</text:p>
 </office:text></office:body>
</office:document>
"""


def check(options: Mapping[str, Any]) -> Outcome:
    """``program`` (default soffice) turns the letter into a PDF within ``timeout`` seconds (default 240)."""
    program = str(options.get("program", "soffice"))
    with tempfile.TemporaryDirectory(prefix="recyclerie-check-") as name:
        folder = Path(name)
        document = folder / "lettre.fodt"
        document.write_text(DOCUMENT, encoding="utf-8")
        argv = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore"]
        argv += ["--convert-to", "pdf", "--outdir", str(folder), str(document)]
        ran = run(argv, timeout=float(options.get("timeout", 240)), home=folder)
        return judge(folder / "lettre.pdf", ran.status, ran.last_line)


def judge(pdf: Path, status: int, said: str) -> Outcome:
    """What became of the letter. The exit status alone proves nothing: soffice ends with 0 without a PDF too."""
    if not pdf.is_file():
        return failed(f"no PDF came out, soffice ended with {status}: {said}")
    data = pdf.read_bytes()
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-64:]:
        return failed(f"what came out is not a whole PDF: it begins with {data[:8]!r}")
    version = data[5:8].decode("ascii", "replace")
    if not shutil.which("pdftotext"):
        return passed(f"PDF {version}, {len(data)} bytes (its text was not read: pdftotext is not installed)")
    text = run(["pdftotext", "-enc", "UTF-8", str(pdf), "-"])
    if text.status or plain(SENTENCE) not in plain(text.output):
        return failed(f"the PDF holds other text than the letter: {text.last_line}")
    return passed(f"PDF {version}, {len(data)} bytes, with the letter's text, accents included")


def plain(text: str) -> str:
    """The text without white space: line breaks and ligature spacing differ from one converter to the next."""
    return "".join(text.split())
