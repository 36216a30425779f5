"""Sound, camera, graphics and Wi-Fi: parsers, judgements, and the numbers of the kernel's calls."""

from __future__ import annotations

import array
import fcntl
import math
import mmap
import os
import shutil
import struct
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests.machine import Machine
from agent.hwtests.programs import camera, graphics, sound, wifi
from agent.hwtests.script import Request
from agent.tools import Ran
from tests.unit.agent.hwtests.test_cpu_and_fans import lay

# /proc/asound/pcm of a notebook with an Intel controller, as the kernel (sound/core/pcm.c) writes it.
PCM = """\
00-00: ALC282 Analog : ALC282 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
01-02: DMIC (*) :  : capture 1
"""


def test_pcm_devices() -> None:
    analog, hdmi, microphone = sound.parse_pcm(PCM)
    assert (analog.card, analog.device, analog.name, analog.plays, analog.records) == (
        0,
        0,
        "ALC282 Analog",
        True,
        True,
    )
    assert (hdmi.digital, hdmi.plays, hdmi.records) == (True, True, False)
    assert (microphone.card, microphone.device, microphone.plays, microphone.records) == (1, 2, False, True)
    assert sound.parse_pcm("nonsense\n--- no soundcards ---\n00-xx: a\n") == []


def tone(hertz: float, volume: int = 3000, seconds: float = 0.3, noise: int = 0) -> array.array[int]:
    samples = array.array("h")
    for number in range(int(sound.RATE * seconds)):
        value = volume * math.sin(2 * math.pi * hertz * number / sound.RATE)
        samples.append(int(value) + (number * 7919 % 101 - 50) * noise // 50)
    return samples


@pytest.mark.parametrize(
    ("samples", "heard"),
    [
        (tone(1000), True),
        (tone(1000, volume=200, noise=400), True),
        (tone(1400), False),
        (tone(440), False),
        (tone(1000, volume=0, noise=300), False),
        (tone(1000, volume=0), False),
        (array.array("h"), False),
    ],
    ids=["tone", "quiet tone in noise", "another tone", "a voice's tone", "noise", "silence", "nothing"],
)
def test_whether_the_tone_was_heard(samples: array.array[int], heard: bool) -> None:
    level = sound.tone_db(samples)
    assert (level is not None and level >= sound.HEARD_DB) is heard


def test_the_tone_that_is_played_is_the_one_that_is_listened_for(tmp_path: Path) -> None:
    sound.write_tone(tmp_path / "tone.wav")
    with wave.open(str(tmp_path / "tone.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (48_000, 1, 72_000)
    level = sound.tone_db(sound.read_wave(tmp_path / "tone.wav"))
    assert level is not None
    assert level > 40
    (tmp_path / "cut.wav").write_bytes(b"RIFF")
    assert len(sound.read_wave(tmp_path / "cut.wav")) == 0
    assert len(sound.read_wave(tmp_path / "none.wav")) == 0


@pytest.mark.parametrize(
    ("why", "loop", "level", "outcome"),
    [
        ("aplay: no", True, None, "fail"),
        ("", True, 30.0, "pass"),
        ("", True, 3.0, "degraded"),
        ("", True, None, "degraded"),
        ("", False, None, "pass"),
    ],
)
def test_what_sound_means(why: str, loop: bool, level: float | None, outcome: str) -> None:
    assert sound.judge({"tone_db": level}, why, loop=loop).outcome == outcome


@pytest.mark.parametrize(
    ("files", "outcome", "words"),
    [
        ({"proc/asound/pcm": ""}, "skipped", "no sound card"),
        ({"proc/asound/pcm": "00-00: Mic : Mic : capture 1"}, "degraded", "nothing that plays"),
        ({"proc/asound/pcm": PCM}, "fail", "pcmC0D0p can't be opened: No such file"),
        ({"proc/asound/pcm": PCM, "dev/snd/pcmC0D0p": ""}, "pass", ""),
    ],
)
def test_without_tools_the_card_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], outcome: str, words: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    codec = {"proc/asound/card0/codec#0": "Codec: Realtek ALC282\nAddress: 0"}
    judged = sound.test(Request({}, {}, {}, lay(tmp_path, files | codec)))
    assert judged.outcome == outcome
    assert words in judged.reason
    if outcome == "pass":
        assert judged.figures["codecs"] == ["Realtek ALC282"]


def played_tools(folder: Path, recording: Path) -> str:
    """aplay and arecord that play into nothing and record ``recording``; amixer that knows no control."""
    folder.mkdir()
    for name, text in {
        "aplay": "exit 0",
        "arecord": f'for last; do :; done; cp "{recording}" "$last"',
        "amixer": "exit 1",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("hertz", "chassis", "outcome", "recorded"),
    [(1000, "10", "pass", True), (300, "10", "degraded", True), (300, "3", "pass", False)],
    ids=["heard", "not heard", "a tower has no microphone"],
)
def test_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hertz: int, chassis: str, outcome: str, recorded: bool
) -> None:
    with wave.open(str(tmp_path / "recorded.wav"), "wb") as file:
        file.setparams((1, 2, sound.RATE, 0, "NONE", ""))
        file.writeframes(tone(hertz).tobytes())
    monkeypatch.setenv("PATH", played_tools(tmp_path / "bin", tmp_path / "recorded.wav"))
    root = lay(tmp_path / "root", {"proc/asound/pcm": PCM, "sys/class/dmi/id/chassis_type": chassis})
    judged = sound.test(Request({}, {}, {}, root))
    assert (judged.outcome, judged.figures["played"], judged.figures["recorded"]) == (outcome, True, recorded)


# -- the kernel's calls: their numbers hold the size of what they take (asm-generic/ioctl.h) ----------


def number(way: int, kind: str, which: int, size: int) -> int:
    """_IOC: 1 writes, 2 reads, 3 both."""
    return way << 30 | size << 16 | ord(kind) << 8 | which


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (camera.QUERYCAP, number(2, "V", 0, 104)),
        (camera.S_FMT, number(3, "V", 5, 208)),
        (camera.REQBUFS, number(3, "V", 8, struct.calcsize("IIIII"))),
        (camera.QUERYBUF, number(3, "V", 9, camera.BUFFER_BYTES)),
        (camera.QBUF, number(3, "V", 15, camera.BUFFER_BYTES)),
        (camera.DQBUF, number(3, "V", 17, camera.BUFFER_BYTES)),
        (camera.STREAMON, number(1, "V", 18, 4)),
        (camera.STREAMOFF, number(1, "V", 19, 4)),
        (graphics.GET_CAP, number(3, "d", 0x0C, struct.calcsize("QQ"))),
        (graphics.CREATE_DUMB, number(3, "d", 0xB2, struct.calcsize("IIIIIIQ"))),
        (graphics.MAP_DUMB, number(3, "d", 0xB3, struct.calcsize("IIQ"))),
        (graphics.DESTROY_DUMB, number(3, "d", 0xB4, 4)),
    ],
)
def test_numbers_of_calls(given: int, wanted: int) -> None:
    assert given == wanted


def picture(luma: Callable[[int], int], width: int = 64, height: int = 48) -> bytes:
    data = bytearray(b"\x80" * (width * height * 2))
    data[::2] = bytes(luma(pixel) for pixel in range(width * height))
    return bytes(data)


YUYV = {"width": 64, "height": 48, "format": "YUYV"}
JPEG = {"width": 640, "height": 480, "format": "MJPG"}


@pytest.mark.parametrize(
    ("figures", "data", "outcome", "words"),
    [
        (YUYV, picture(lambda n: 40 + n % 160), "pass", ""),
        (YUYV, picture(lambda n: 16 + n % 5), "degraded", "all dark"),
        (YUYV, picture(lambda _: 16), "fail", "one colour all over"),
        (YUYV, picture(lambda _: 235), "fail", "one colour all over"),
        (YUYV, picture(lambda _: 99)[:100], "fail", "only 100 bytes"),
        (JPEG, b"\xff\xd8" + b"x" * 30_000, "pass", ""),
        (JPEG, b"\xff\xd8" + b"x" * 3_000, "degraded", "one colour"),
        (JPEG, b"", "fail", "no JPEG"),
    ],
)
def test_what_a_picture_means(figures: dict[str, Any], data: bytes, outcome: str, words: str) -> None:
    judged = camera.judge(figures, data)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words)), judged.reason
    assert words in judged.reason
    assert judged.figures["bytes"] == len(data)


class PlayedCamera:
    """Answers the calls as a driver does: formats, buffers of one file, frames in turn."""

    def __init__(self, formats: tuple[bytes, ...], frame: bytes) -> None:
        self.formats, self.frame = formats, frame
        self.queued: list[int] = []
        self.streaming = False
        self.taken = 0

    def ioctl(self, fd: int, request: int, argument: Any) -> int:
        if request == camera.QUERYCAP:
            argument[16:48] = b"Integrated Camera".ljust(32, b"\0")
            struct.pack_into("II", argument, 84, 0x84A00001, 0x04200001)
        elif request == camera.S_FMT:
            kind, _, width, height, wanted = struct.unpack_from("IIII4s", argument)
            assert (kind, width, height) == (1, 640, 480)
            struct.pack_into("II4s", argument, 8, 64, 48, wanted if wanted in self.formats else self.formats[0])
        elif request == camera.QUERYBUF:
            struct.pack_into("I", argument, 64, struct.unpack_from("I", argument)[0] * mmap.PAGESIZE * 2)
            struct.pack_into("I", argument, 72, mmap.PAGESIZE * 2)
        elif request == camera.QBUF:
            self.queued.append(struct.unpack_from("I", argument)[0])
        elif request == camera.DQBUF:
            assert self.streaming
            index = self.queued.pop(0)
            struct.pack_into("III", argument, 0, index, 1, len(self.frame))
            os.pwrite(fd, self.frame, index * mmap.PAGESIZE * 2)
            self.taken += 1
        elif request in (camera.STREAMON, camera.STREAMOFF):
            self.streaming = request == camera.STREAMON
        return 0


@pytest.mark.parametrize(
    ("formats", "frame", "form", "outcome"),
    [
        ((b"YUYV", b"MJPG"), picture(lambda n: 40 + n % 160), "YUYV", "pass"),
        ((b"MJPG",), b"\xff\xd8" + b"x" * 6000, "MJPG", "pass"),
        ((b"H264",), b"", None, "fail"),
    ],
)
def test_a_frame_is_taken(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    formats: tuple[bytes, ...],
    frame: bytes,
    form: str | None,
    outcome: str,
) -> None:
    node = tmp_path / "video0"
    node.write_bytes(bytes(mmap.PAGESIZE * 2 * camera.BUFFERS))
    played = PlayedCamera(formats, frame)
    monkeypatch.setattr(fcntl, "ioctl", played.ioctl)
    judged = camera.test(Request({"path": str(node)}, {}, {}))
    assert (judged.outcome, judged.figures.get("format")) == (outcome, form), judged.reason
    assert not played.streaming
    if form:
        assert judged.figures["camera"] == "Integrated Camera"
        assert played.taken == camera.FRAMES
        assert sorted(played.queued) == [0, 1, 2]


def test_a_camera_that_is_gone_says_so(tmp_path: Path) -> None:
    judged = camera.test(Request({"path": str(tmp_path / "video9")}, {}, {}))
    assert (judged.outcome, "No such file" in judged.reason) == ("fail", True)


CARD = {"driver": "i915", "card": "Intel HD Graphics 4000", "drawn_bytes": 3 * 2**20, "connectors": [], "screens": 1}


@pytest.mark.parametrize(
    ("figures", "why", "outcome", "words"),
    [
        ({}, "", "pass", ""),
        ({"driver": "", "drawn_bytes": 0}, "", "degraded", "No driver has taken Intel HD Graphics 4000"),
        ({"drawn_bytes": 0}, "", "degraded", "offers nothing to draw on"),
        ({"drawn_bytes": 0}, "card0: No space left on device", "fail", "holds no picture (i915): card0: No space"),
    ],
)
def test_what_graphics_mean(figures: dict[str, Any], why: str, outcome: str, words: str) -> None:
    judged = graphics.judge(CARD | figures, why)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words))
    assert words in judged.reason


def test_what_is_drawn_is_compared() -> None:
    size = 4096 * 32
    assert graphics.fill_and_compare(mmap.mmap(-1, size), 4096, size) == size

    class Forgetful(mmap.mmap):
        def __setitem__(self, key: Any, value: Any) -> None:
            if key.start != 7 * 4096:
                super().__setitem__(key, value)

    with pytest.raises(OSError, match="line 7 came back otherwise"):
        graphics.fill_and_compare(Forgetful(-1, size), 4096, size)


def test_cards_and_their_connectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pci = "sys/bus/pci/devices"
    root = lay(
        tmp_path,
        {
            f"{pci}/0000:00:02.0/class": "0x030000",
            f"{pci}/0000:00:02.0/vendor": "0x8086",
            f"{pci}/0000:00:02.0/device": "0x0166",
            f"{pci}/0000:00:02.0/drm/card1/card1-LVDS-1/status": "connected",
            f"{pci}/0000:00:02.0/drm/card1/card1-VGA-1/status": "disconnected",
            f"{pci}/0000:00:1f.3/class": "0x0c0500",
            f"{pci}/0000:01:00.0/class": "0x030200",
            f"{pci}/0000:01:00.0/vendor": "0x10de",
            f"{pci}/0000:01:00.0/device": "0x1140",
            "drivers/i915/name": "",
        },
    )
    (root / f"{pci}/0000:00:02.0/driver").symlink_to(root / "drivers/i915")
    targets = Machine(root=root).targets("graphics")
    assert [(one.key, one.facts["driver"]) for one in targets] == [("0000:00:02.0", "i915"), ("0000:01:00.0", "")]
    monkeypatch.setattr(graphics, "name_of", lambda _: "")
    monkeypatch.setattr(graphics, "draw", lambda path: 42 if path.name == "card1" else 0)
    first, second = (graphics.test(Request(one.facts, {}, {}, root)) for one in targets)
    assert first.outcome == "pass"
    assert first.figures["connectors"] == [
        {"name": "LVDS-1", "status": "connected"},
        {"name": "VGA-1", "status": "disconnected"},
    ]
    assert first.figures["screens"] == 1
    assert (second.outcome, second.figures["card"]) == ("degraded", "10de:1140")


# The form of iw 5.19 and 6.9 (scan.c); addresses and names are made up.
SCAN = """\
BSS 02:00:00:aa:00:01(on wlp2s0)
\tTSF: 596787826 usec (0d, 00:09:56)
\tfreq: 2417
\tbeacon interval: 100 TUs
\tsignal: -47.00 dBm
\tlast seen: 0 ms ago
\tSSID: workshop
BSS 02:00:00:aa:00:02(on wlp2s0) -- associated
\tfreq: 5180.0
\tsignal: -71.50 dBm
\tSSID: BSS 02:00:00:aa:00:09 in a name
BSS 02:00:00:aa:00:03(on wlp2s0)
\tfreq: 5955
\tSSID: without a signal
"""


def test_a_scan() -> None:
    heard = wifi.parse_scan(SCAN)
    assert [(one.address[-2:], one.mhz, one.dbm) for one in heard] == [("01", 2417, -47.0), ("02", 5180, -71.5)]
    assert wifi.parse_scan("command failed: Network is down (-100)") == []


@pytest.mark.parametrize(
    ("heard", "outcome", "bands"),
    [
        ([(2417, -47.0), (5180, -71.5)], "pass", ["2.4 GHz", "5 GHz"]),
        ([(6115, -60.0)], "pass", ["6 GHz"]),
        ([(2412, -81.0)], "degraded", ["2.4 GHz"]),
        ([], "degraded", []),
    ],
)
def test_what_was_heard(heard: list[tuple[float, float]], outcome: str, bands: list[str]) -> None:
    judged = wifi.judge([wifi.Heard("02:00", mhz, dbm) for mhz, dbm in heard])
    assert (judged.outcome, judged.figures["bands"]) == (outcome, bands)


@pytest.mark.parametrize(
    ("soft", "hard", "said", "left"),
    [("0", "0", "", "0"), ("1", "0", "", "0"), ("0", "1", "switched off by a switch", "0")],
)
def test_the_switch(tmp_path: Path, soft: str, hard: str, said: str, left: str) -> None:
    lay(
        tmp_path,
        {
            "sys/class/rfkill/rfkill0/type": "bluetooth",
            "sys/class/rfkill/rfkill0/hard": "1",
            "sys/class/rfkill/rfkill1/type": "wlan",
            "sys/class/rfkill/rfkill1/hard": hard,
            "sys/class/rfkill/rfkill1/soft": soft,
        },
    )
    assert said in wifi.unblock(tmp_path)
    assert bool(wifi.unblock(tmp_path)) is bool(said)
    assert (tmp_path / "sys/class/rfkill/rfkill1/soft").read_text().strip() == left


@pytest.mark.parametrize(
    ("answers", "outcome", "words"),
    [
        ({"iw": Ran("iw", 0, SCAN, "")}, "pass", ""),
        ({"iw": Ran("iw", 240, "", "command failed: Network is down (-100)")}, "fail", "Network is down"),
        ({"iw": Ran("iw", 0, "", "")}, "degraded", "No network was heard"),
        ({"ip": Ran("ip", 2, "", "RTNETLINK answers: Operation not possible due to RF-kill")}, "fail", "RF-kill"),
    ],
)
def test_a_card_that_scans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Ran], outcome: str, words: str
) -> None:
    monkeypatch.setattr(wifi, "run", lambda arguments, **_: answers.get(arguments[0], Ran(arguments[0], 0, "", "")))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    judged = wifi.test(Request({"name": "wlp2s0"}, {}, {}, tmp_path))
    assert judged.outcome == outcome
    assert words in judged.reason
