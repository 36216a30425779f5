"""The live image's boot script, its functions run by a shell: what doesn't match is never mounted."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "images/files/live/etc/initramfs-tools"
BOOT = SCRIPTS / "scripts" / "recyclerie"

# The initrd's shell is busybox; dash is as strict.
SHELL = next(
    ([path, *more] for path, *more in ((shutil.which("busybox"), "sh"), (shutil.which("dash"),)) if path), None
)
pytestmark = pytest.mark.skipif(SHELL is None, reason="needs busybox or dash")

STUBS = """
say() { :; }
ask_address() { :; }
mount_ram() { mkdir -p "$LIVE/ram"; }
show_progress() { :; }
fail_and_wait() { echo "TOLD: $2"; tries=$((${tries:-0} + 1)); [ "$tries" -ge 2 ] && exit 7; return 0; }
"""


def shell(tmp_path: Path, lines: str) -> subprocess.CompletedProcess[str]:
    assert SHELL is not None
    program = f". {BOOT}\nLIVE={tmp_path}/live\nSITE={tmp_path}/site\n{STUBS}\n{lines}"
    return subprocess.run([*SHELL, "-c", program], capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize("path", [BOOT, *sorted((SCRIPTS / "hooks").iterdir())], ids=lambda path: path.name)
def test_syntax(path: Path) -> None:
    assert SHELL is not None
    subprocess.run([*SHELL, "-n", path], check=True)


def test_the_right_system_is_accepted(tmp_path: Path) -> None:
    content = b"the system" * 1000
    (tmp_path / "system").write_bytes(content)
    done = shell(
        tmp_path,
        f"WANTED={hashlib.sha256(content).hexdigest()} BOOT_URL=http://x\n"
        f"wget() {{ cat {tmp_path}/system; }}\nfrom_network && echo MOUNT $SQUASHFS",
    )
    assert done.stdout.strip() == f"MOUNT {tmp_path}/live/ram/live.squashfs"
    assert (tmp_path / "live/ram/live.squashfs").read_bytes() == content


@pytest.mark.parametrize(
    ("wget", "words"),
    [
        ("printf 'another system'", "not the expected one"),
        ("printf 'the sys'; return 1", "not the expected one"),
        ("return 1", "does not answer"),
    ],
)
def test_anything_else_is_refused_and_tried_again(tmp_path: Path, wget: str, words: str) -> None:
    wanted = hashlib.sha256(b"the system").hexdigest()
    done = shell(tmp_path, f"WANTED={wanted} BOOT_URL=http://x\nwget() {{ {wget}; }}\nfrom_network && echo MOUNT")
    assert done.returncode == 7
    assert "MOUNT" not in done.stdout
    assert done.stdout.count("TOLD: ") == 2
    assert words in done.stdout
    assert not list((tmp_path / "live/ram").glob("live.squashfs"))


def test_a_pc_with_old_settings_starts_over(tmp_path: Path) -> None:
    done = shell(
        tmp_path,
        "WANTED=00 BOOT_URL=http://x\nsleep() { :; }\nrestart_pc() { echo RESTART; exit 8; }\n"
        "fail_and_wait() { echo TOLD; }\nwget() { printf 'a newer system'; }\nfrom_network && echo MOUNT",
    )
    assert done.returncode == 8
    assert done.stdout.split() == ["TOLD", "TOLD", "TOLD", "RESTART"]


def test_a_full_memory_is_not_a_match(tmp_path: Path) -> None:
    wanted = hashlib.sha256(b"the system").hexdigest()
    done = shell(
        tmp_path,
        f"WANTED={wanted} BOOT_URL=http://x\nwget() {{ printf 'the system'; }}\n"
        # As on a full tmpfs: everything goes through, not everything is written.
        'tee() { cat; echo part > "$1"; return 1; }\nfrom_network && echo MOUNT',
    )
    assert done.returncode == 7
    assert "Not enough memory" in done.stdout
    assert "MOUNT" not in done.stdout


def test_settings_are_read_not_run(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/boot.env").write_text(
        "BOOT_URL=http://a/boot\nLIVE_SHA256=$(touch /tmp/owned)\nBOOT_URL=http://b/boot\n"
    )
    done = shell(tmp_path, "site_value BOOT_URL; site_value LIVE_SHA256; site_value MISSING")
    assert done.stdout.splitlines() == ["http://b/boot", "$(touch /tmp/owned)"]


def test_without_a_hash_nothing_is_fetched(tmp_path: Path) -> None:
    done = shell(tmp_path, "from_network() { echo FETCH; }\nkernel_word() { :; }\nmountroot")
    assert done.returncode == 7
    assert "FETCH" not in done.stdout
    assert "site.json is missing" in done.stdout


def test_the_site_comes_into_the_new_root(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "agent.json").write_text('{"image_version": "@IMAGE_VERSION@"}\n')
    (site / "ca.crt").write_text("authority")
    (site / "authorized_keys").write_text("ssh-ed25519 AAAA\n")
    root = tmp_path / "root"
    (root / "usr/lib/recyclerie").mkdir(parents=True)
    (root / "usr/lib/recyclerie/image-version").write_text("20250101-abc\n")
    done = shell(tmp_path, f"rootmnt={root}\ngive_site")
    assert done.returncode == 0, done.stderr
    assert (root / "etc/recyclerie/agent.json").read_text() == '{"image_version": "20250101-abc"}\n'
    assert (root / "etc/recyclerie/ca.crt").read_text() == "authority"
    keys = root / "root/.ssh/authorized_keys"
    assert keys.read_text() == "ssh-ed25519 AAAA\n"
    assert keys.stat().st_mode & 0o777 == 0o600
    assert keys.parent.stat().st_mode & 0o777 == 0o700
