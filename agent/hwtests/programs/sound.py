# /// recyclerie-test
# name = "sound"
# title = "Sound"
# subsystem = "sound"
# runs = "parallel"
# limit_seconds = 45
# usual_seconds = 6
# needs = ["path:/proc/asound/pcm"]
# [figures]
# cards = "list"
# played = "yes or no"
# ///
"""Plays a tone and records it with the PC's own microphone; without one, whether the card takes sound at all."""

from __future__ import annotations

import array
import math
import os
import re
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.files import read_int, read_text
from agent.hwtests.script import Outcome, Request, run_script
from agent.tools import environment, run

RATE = 48_000
TONE_HERTZ = 1000
TONE_SECONDS = 1.5
RECORD_SECONDS = 3
HEARD_DB = 12.0  # above what is at the neighbouring frequencies: ours, a quiet voice has no such peak
NEIGHBOURS_HERTZ = (700, 850, 1200, 1400)
# SMBIOS 3.6 table 17: portable, laptop, notebook, all in one, sub-notebook, tablet, convertible, detachable.
WITH_MICROPHONE = (8, 9, 10, 13, 14, 30, 31, 32)


@dataclass(frozen=True)
class Pcm:
    """One device of a card, as /proc/asound/pcm has it."""

    card: int
    device: int
    name: str
    plays: bool
    records: bool

    @property
    def digital(self) -> bool:
        """HDMI, DisplayPort and S/PDIF: nothing is to be heard without a screen or an amplifier."""
        return re.search(r"HDMI|DisplayPort|IEC958|S/PDIF|digital", self.name, re.IGNORECASE) is not None


def test(request: Request) -> Outcome:
    """The first analog card that plays."""
    pcms = parse_pcm(read_text(request.root / "proc/asound/pcm"))
    figures: dict[str, Any] = {
        "cards": sorted({pcm.name for pcm in pcms}),
        "codecs": codecs(request.root),
        "played": False,
        "recorded": False,
        "tone_db": None,
    }
    if not pcms:
        return Outcome("skipped", "This machine has no sound card that a driver has taken.")
    playing = next((pcm for pcm in sorted(pcms, key=lambda pcm: pcm.digital) if pcm.plays), None)
    recording = next((pcm for pcm in pcms if pcm.records and not pcm.digital), None)
    if playing is None:
        return Outcome("degraded", "The sound card has nothing that plays.", figures)
    portable = read_int(request.root / "sys/class/dmi/id/chassis_type") in WITH_MICROPHONE
    path = environment()["PATH"]
    if not all(shutil.which(tool, path=path) for tool in ("aplay", "arecord")):
        why = opens(request.root, playing)
        figures["played"] = not why
        return judge(figures, why, loop=False)
    unmute(playing.card)
    why = play_and_record(playing, recording if portable and not playing.digital else None, figures)
    return judge(figures, why, loop=portable and recording is not None and not playing.digital)


def judge(figures: dict[str, Any], why: str, *, loop: bool) -> Outcome:
    """``why``: what went wrong; ``loop``: the tone should have been heard. Pure."""
    if why:
        return Outcome("fail", f"The sound card does not work: {why}.", figures)
    if loop and (figures["tone_db"] or 0.0) < HEARD_DB:
        reason = "The tone was not heard by the microphone: try loudspeakers and microphone by ear."
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


def parse_pcm(text: str) -> list[Pcm]:
    """Lines as ``00-00: ALC269VC Analog : ALC269VC Analog : playback 1 : capture 1``. Pure, for any text."""
    found = []
    for line in text.splitlines():
        match = re.match(r"(\d{2})-(\d{2}): ([^:]*)(.*)$", line)
        if match:
            rest = match.group(4)
            plays, records = "playback" in rest, "capture" in rest
            found.append(Pcm(int(match.group(1)), int(match.group(2)), match.group(3).strip(), plays, records))
    return found


def codecs(root: Path) -> list[str]:
    """The chips behind HD audio controllers."""
    lines = [read_text(path).partition("\n")[0] for path in sorted((root / "proc/asound").glob("card*/codec#*"))]
    return [line.removeprefix("Codec:").strip() for line in lines if line.startswith("Codec:")]


def opens(root: Path, pcm: Pcm) -> str:
    """Whether the card's device can be opened for playing: why not, or ""."""
    node = root / f"dev/snd/pcmC{pcm.card}D{pcm.device}p"
    try:
        os.close(os.open(node, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as problem:
        return f"{node.name} can't be opened: {problem.strerror}"
    return ""


def unmute(card: int) -> None:
    """Cards begin muted. Which controls there are differs; those that are missing are no fault."""
    for control in ("Master", "PCM", "Speaker", "Headphone"):
        run(["amixer", "-q", "-c", str(card), "sset", control, "70%", "unmute"], seconds=5)
    for control in ("Capture", "Internal Mic", "Mic", "Dmic0"):
        run(["amixer", "-q", "-c", str(card), "sset", control, "70%", "cap"], seconds=5)


def play_and_record(playing: Pcm, recording: Pcm | None, figures: dict[str, Any]) -> str:
    """Play the tone while recording it; what went wrong, or ""."""
    with tempfile.TemporaryDirectory() as folder:
        tone, heard = Path(folder) / "tone.wav", Path(folder) / "heard.wav"
        write_tone(tone)
        recorder = None
        if recording is not None:
            where = f"plughw:{recording.card},{recording.device}"
            how = ("-f", "S16_LE", "-r", str(RATE), "-c", "1", "-d", str(RECORD_SECONDS))
            recorder = subprocess.Popen(
                ["arecord", "-q", "-D", where, *how, str(heard)],
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        ran = run(["aplay", "-q", "-D", f"plughw:{playing.card},{playing.device}", str(tone)], seconds=15)
        if recorder is not None:
            try:
                figures["recorded"] = recorder.wait(RECORD_SECONDS + 10) == 0
            except subprocess.TimeoutExpired:
                recorder.kill()
        if not ran.ok:
            return ran.explain()
        figures["played"] = True
        if figures["recorded"]:
            figures["tone_db"] = tone_db(read_wave(heard))
    return ""


def write_tone(path: Path) -> None:
    """A sine at a third of full scale."""
    count = int(RATE * TONE_SECONDS)
    samples = (int(10_000 * math.sin(2 * math.pi * TONE_HERTZ * number / RATE)) for number in range(count))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(array.array("h", samples).tobytes())


def read_wave(path: Path) -> array.array[int]:
    """The samples of a recording; none of a broken one."""
    try:
        with wave.open(str(path), "rb") as sound:
            data = sound.readframes(sound.getnframes())
    except (OSError, wave.Error, EOFError):
        data = b""
    return array.array("h", data[: len(data) // 2 * 2])


def tone_db(samples: array.array[int]) -> float | None:
    """How far the tone stands out of its neighbours, in dB; None for silence or nothing. Pure."""
    if not any(samples):
        return None
    tone = power(samples, TONE_HERTZ)
    beside = max(power(samples, hertz) for hertz in NEIGHBOURS_HERTZ)
    return round(10 * math.log10(max(tone, 1e-9) / max(beside, 1e-9)), 1)


def power(samples: array.array[int], hertz: int) -> float:
    """The strength of one frequency (Goertzel's algorithm)."""
    factor = 2 * math.cos(2 * math.pi * hertz / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + factor * last - before, last
    return (last * last + before * before - factor * last * before) / max(1, len(samples)) ** 2


if __name__ == "__main__":
    run_script(test)
