"""Notes on the PC's loudspeakers: made here, played by aplay, with the mixer opened first."""

from __future__ import annotations

import array
import math
import re
import sys
import tempfile
import wave
from pathlib import Path

from agent.files import read_text
from agent.tools import run

RATE = 44100  # samples a second
NOTES = (523.25, 659.26, 783.99)  # do, mi, sol: also on speakers that are too small for low notes
NOTE_SECONDS, PAUSE_SECONDS = 0.35, 0.4
LOUDNESS = 0.6
EDGE_SECONDS = 0.01  # the note swells and fades for so long: without that it clicks
# What a mixer calls the ways out; a control that isn't there is no fault.
CONTROLS = ("Master", "PCM", "Front", "Speaker", "Headphone", "Bass Speaker")


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
    found = []
    for line in read_text(root / "proc/asound/pcm").splitlines():
        match = re.match(r"(\d+)-(\d+): (.*)", line)
        if match and "playback" in match.group(3):
            digital = bool(re.search(r"HDMI|DisplayPort|\bDP\b", match.group(3)))
            found.append((digital, int(match.group(1)), int(match.group(2))))
    return min(found)[1:] if found else None


def play(card: int, device: int) -> str:
    """Play the notes; "" or why it could not be done."""
    for control in CONTROLS:
        run(["amixer", "-c", str(card), "-q", "sset", control, "85%", "unmute"], seconds=5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.wav"
        write_wave(path)
        played = run(["aplay", "-q", "-D", f"plughw:{card},{device}", str(path)], seconds=15)
    return "" if played.ok else played.explain()
