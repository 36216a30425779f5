"""Notes on the PC's loudspeakers: made here, played by aplay, with the mixer opened first."""

from __future__ import annotations

import array
import math
import sys
import tempfile
import wave
from pathlib import Path

from agent.files import read_text
from agent.hwtests.programs.sound import parse_pcm, unmute
from agent.tools import run

RATE = 44100  # samples a second
NOTES = (523.25, 659.26, 783.99)  # do, mi, sol: also on speakers that are too small for low notes
NOTE_SECONDS, PAUSE_SECONDS = 0.35, 0.4
LOUDNESS = 0.6
EDGE_SECONDS = 0.01  # the note swells and fades for so long: without that it clicks


def samples() -> array.array[int]:
    """The notes on the left, a pause, the notes on the right; 16 bits, two channels."""
    found = array.array("h")
    for side in (0, 1):
        for note in NOTES:
            for place in range(round(RATE * NOTE_SECONDS)):
                at = place / RATE
                edge = min(1.0, at / EDGE_SECONDS, (NOTE_SECONDS - at) / EDGE_SECONDS)
                value = round(32767 * LOUDNESS * edge * math.sin(2 * math.pi * note * at))
                found.extend((value, 0) if side == 0 else (0, value))
        found.extend([0, 0] * round(RATE * PAUSE_SECONDS))
    if sys.byteorder == "big":
        found.byteswap()
    return found


def write_wave(path: Path) -> None:
    """The notes as a file."""
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(samples().tobytes())


def playback_device(root: Path = Path("/")) -> tuple[int, int] | None:
    """Card and device of the first analogue way out; one that goes to a screen only where there is no other."""
    found = [pcm for pcm in parse_pcm(read_text(root / "proc/asound/pcm")) if pcm.plays]
    best = min(found, key=lambda pcm: (pcm.digital, pcm.card, pcm.device), default=None)
    return (best.card, best.device) if best else None


def play(card: int, device: int) -> str:
    """Play the notes; "" or why it could not be done."""
    unmute(card)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.wav"
        write_wave(path)
        played = run(["aplay", "-q", "-D", f"plughw:{card},{device}", str(path)], seconds=15)
    return "" if played.ok else played.explain()
