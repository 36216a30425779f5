"""Progress out of apt's words (as mmdebstrap 1.3 --verbose with apt 2.6 printed them)."""

from __future__ import annotations

from images.progress import Progress

PRINTED = """\
I: running apt-get update...
Get:1 http://mirror.example/debian trixie InRelease [140 kB]
I: downloading packages with apt...
I: extracting archives...
I: installing essential packages...
Setting up base-passwd (3.6.7) ...
I: installing remaining packages inside the chroot...
0 upgraded, 3 newly installed, 0 to remove and 0 not upgraded.
Need to get 0 B/716 MB of archives.
Get:1 http://mirror.example/debian trixie/main amd64 a amd64 1.0 [10 kB]
Unpacking a (1.0) ...
Unpacking b (1.0) ...
Unpacking c (1.0) ...
Setting up a (1.0) ...
update-something: 5528 newly installed
0 upgraded, 5528 newly installed, 0 to remove and 0 not upgraded.
Setting up b (1.0) ...
Setting up c (1.0) ...
I: cleaning package lists and apt cache...
"""


def follow(seconds_a_line: float) -> list[tuple[str, float | None]]:
    told: list[tuple[str, float | None]] = []
    now = 0.0

    def clock() -> float:
        return now

    progress = Progress("live", lambda line, share: told.append((line, share)), clock)
    for line in PRINTED.splitlines():
        now += seconds_a_line
        progress.line(line)
    return told


def test_never_goes_back_and_ends_near_one() -> None:
    shares = [share for _line, share in follow(20) if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 0.98


def test_says_what_it_does() -> None:
    lines = [line for line, _share in follow(20)]
    assert "live: 3 packages" in lines
    assert "live: 0 B/716 MB to download" in lines
    assert "live: unpacking, 3 of 3 packages" in lines
    assert "live: setting up, 2 of 3 packages" in lines
    assert all(line.startswith("live: ") for line in lines)


def test_a_quick_build_is_not_chatty() -> None:
    assert len(follow(0.01)) <= 8


def test_the_base_is_not_counted() -> None:
    lines = [line for line, _share in follow(20)]
    assert not [line for line in lines if "setting up, 4" in line]
