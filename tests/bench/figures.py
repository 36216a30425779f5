"""docs/figures.md, written from what was measured (docs/figures/*.json)."""

from __future__ import annotations

from typing import Any

from tests.bench.results import FOLDER, load

PAGE = FOLDER.parent / "figures.md"
HEAD = """\
# Figures

Written by `make figures` from the JSON files in [figures/](figures/); `make bench` measures all of it again. Each part
says with which command, when, at which commit and on what it was made. The lab's virtual PCs run without KVM on the
computer named: read their seconds as orders of magnitude.
"""


def page() -> str:
    """The whole page; a part that was never measured says so."""
    parts = [HEAD]
    for profile in ("mini", "famille"):
        parts.append(_part(f"From power-on to ready, profile {profile}", load(f"run-{profile}"), run))
    parts.append(_part("Writing the OS image", load("image_write"), image_write))
    parts.append(_part("Erasing", load("erase"), erase))
    parts.append(_part("The agent", load("agent"), agent))
    parts.append(_part("The agent at home, idle", load("agent_idle"), agent_idle))
    parts.append(_part("Streams through the link", load("link_bytes"), link_bytes))
    parts.append(_part("A session on a family's screen", load("link_screen"), link_screen))
    parts.append(_part("Many agents on one controller", load("link_agents"), link_agents))
    parts.append(_part("Knowing the hardware", load("hardware"), hardware))
    parts.append(_part("Verdicts on drives", load("hardware_verdicts"), verdicts))
    return "\n".join(parts)


def _part(title: str, kept: dict[str, Any] | None, body: Any) -> str:
    if kept is None:
        return f"## {title}\n\nNot measured yet.\n"
    computer = kept["computer"]
    source = (
        f"`{kept['command']}`, {kept['measured_on']}, commit {kept['commit']}; {computer['cores']} cores of "
        f"{computer['cpu']}, {computer['memory_bytes'] / 1e9:.0f} GB, Linux {computer['kernel']}."
    )
    return f"## {title}\n\n{body(kept['figures'])}\n{source}\n"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first are right-aligned."""
    rule = ["---", *("---:" for _ in head[1:])]
    safe = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *safe))


RATES = {
    "unlimited": "as fast as it goes",
    "screen": "24 MB/s, full frames of x11vnc",
    "uplink": "50 Mbit/s, a good uplink",
}


def link_bytes(figures: dict[str, Any]) -> str:
    """What crosses the link, against a bridge that needs no controller."""
    rows = [
        [
            words,
            f"{figures[name]['direct']['bytes_per_second'] / 1e6:.1f} MB/s",
            f"{figures[name]['link']['bytes_per_second'] / 1e6:.1f} MB/s",
            f"{figures[name]['ratio']:.2f}",
            f"{100 * figures[name]['link']['cpu_seconds'] / figures[name]['link']['seconds']:.0f} %",
        ]
        for name, words in RATES.items()
        if name in figures
    ]
    head = ["service sends", figures["against"], "through the link", "ratio", "CPU, agent + controller"]
    return f"{table(head, rows)}\nThe agent in a session: {figures['agent_rss_bytes'] / 1e6:.0f} MB.\n"


def link_screen(figures: dict[str, Any]) -> str:
    """How soon there is a picture, how soon a key is seen, and what a session costs the family's PC."""
    steps = (
        ("*ask* clicked → the question is on the family's screen", "ask_to_question_seconds"),
        ("→ *accept* clicked at once (it takes no click in its first 1.2 s)", "question_to_accept_seconds"),
        ("→ first picture in the page", "accept_to_picture_seconds"),
        ("**ask → picture**", "ask_to_picture_seconds"),
    )
    picture = figures["picture"]
    times = [[words, f"{picture[name]['median']:.2f} s", f"{max(picture[name]['all']):.2f} s"] for words, name in steps]
    key = figures["key"]
    keys = [
        [words, f"{key[way]['median_ms']:.0f} ms", f"{key[way]['p95_ms']:.0f} ms"]
        for words, way in ((f"{figures['against']}, directly", "direct"), ("through the link", "link"))
    ]
    costs = [
        [words, f"{cost['pss_bytes'] / 1e6:.0f} MB", f"{cost['cpu_percent']:.2f} %"]
        for words, cost in (
            ("agent, no session", figures["idle"]),
            ("agent, in a session", figures["in_session"]["agent"]),
            ("x11vnc and banner", figures["in_session"]["server_and_banner"]),
        )
    ]
    return (
        f"Real agent, NAT, controller, consent window, x11vnc and Chromium on one computer; "
        f"{len(picture['ask_to_picture_seconds']['all'])} sessions.\n\n{table(['', 'median', 'longest'], times)}\n"
        f"From a key that a viewer sends to the changed pixel that it gets, "
        f"{key['link']['keys']} keys each way, in turns, "
        f"x11vnc with the same options:\n\n{table(['key to screen', 'median', '95 %'], keys)}\n"
        f"What it costs the family's PC (CPU: share of a core, nothing moving on the screen):\n\n"
        f"{table(['', 'memory (PSS)', 'CPU'], costs)}"
    )


def agent_idle(figures: dict[str, Any]) -> str:
    """What the installed agent costs while nothing happens."""
    rows = [
        [f"CPU, over {figures['idle_measured_seconds']} s", f"{figures['idle_cpu_percent']:.3f} % of a core"],
        ["CPU for health samples, one in 15 min", f"{figures['health_cpu_percent']:.3f} % of a core"],
        ["resident memory (RSS)", f"{figures['rss_bytes'] / 1e6:.1f} MB"],
        ["of which its own (PSS)", f"{figures['pss_bytes'] / 1e6:.1f} MB"],
    ]
    return f"Linked, a heartbeat every 30 s. Aims: 0.03 %, 35 MB.\n\n{table(['', ''], rows)}"


def link_agents(figures: dict[str, Any]) -> str:
    """What agents cost, and how they come back."""
    rows = [
        [
            f"{one['agents']:,}",
            f"{one['rss_bytes'] / 1e6:.0f} MB",
            f"{one['per_agent_bytes'] / 1e3:.0f} kB",
            f"{100 * one['cpu_share']:.0f} %",
            f"{one['heartbeats_per_second']:.0f}",
            f"{one['back']['half_after_seconds'] or 0:.0f} s",
            f"{one['back']['all_after_seconds']:.0f} s",
            str(one["back"]["most_tries_per_second"]),
        ]
        for one in figures.values()
    ]
    head = ["agents", "memory", "each", "CPU", "heartbeats/s", "half back", "all back", "most tries/s"]
    return (
        f"{table(head, rows)}\nReal sockets and TLS, simulated machines. *Back*: after the controller was killed and "
        "started again, from the moment at which it listened.\n"
    )


def run(figures: dict[str, Any]) -> str:
    """Stages of one run, and what it cost the controller."""
    total = figures["total_seconds"]
    rows = [
        [stage["name"], f"{stage['seconds']:.1f} s", f"{100 * stage['seconds'] / total:.0f} %", "ours" * stage["ours"]]
        for stage in figures["stages"]
    ]
    rows.append(["**power-on to ready**", f"**{total:.0f} s**", "100 %", f"**{figures['ours_seconds']:.0f} s**"])
    held = figures["processes_held_share"]
    ansible = sum(figures["ansible_cpu_seconds"].values())
    return (
        f"One virtual PC ({figures['firmware']}, {figures['accelerator']}), drive of "
        f"{figures['disk_bytes'] / 1e9:.1f} GB. *Ours* is all that isn't booting, erasing or unpacking; "
        f"aim: under 60 s.\n\n{table(['stage', 'time', 'share', ''], rows)}\n"
        f"Controller, whole run: {figures['controller_cpu_seconds']:.1f} CPU s (of which Ansible's {ansible:.1f} s), "
        f"at most {figures['controller_peak_pss_bytes'] / 1e6:.0f} MB with everything that it starts (aim: 15 CPU s). "
        f"Processes held while the machine works alone: erase {100 * held['erase']:.0f} %, "
        f"install {100 * held['install']:.0f} % of the moments sampled (aim: none).\n"
    )


def image_write(figures: dict[str, Any]) -> str:
    """Ways to write the same system, as a ratio to dd."""
    rows = [
        [
            f"{way['way']}: {way['what'].split(chr(10))[0].rstrip('.')}",
            f"{way['seconds']:.2f} s",
            f"{way['ratio_to_dd']:.2f}",
            f"{way['received_bytes'] / 1e6:.0f} MB",
        ]
        for way in figures["ways"]
    ]
    return (
        f"Profile {figures['profile']}, {figures['content_bytes'] / 1e6:.0f} MB of content on a disk of "
        f"{figures['disk_bytes'] / 1e9:.1f} GB ({figures['drive']}); median. Aim: at most twice `dd`.\n\n"
        f"{table(['way', 'time', 'ratio to dd', 'received'], rows)}"
    )


def erase(figures: dict[str, Any]) -> str:
    """Overwrite and full validation, against dd and nwipe."""
    parts = [
        "Zeros over the whole device, then all of it read back; medians, the ways in turns. Aims: ours at most 1.05 of "
        "`dd`, which looks at nothing that it reads, and at most 0.2 of nwipe (from its first "
        "write to its last read; its start and report aren't counted). *Really read*: what the device itself was asked "
        "for, by the kernel's count.\n"
    ]
    for drive in figures["devices"]:
        rows = [
            [
                way["what"],
                *(_seconds(way[part]) for part in ("write_seconds", "read_seconds", "seconds")),
                f"{way['ratio_to_dd']:.2f}",
                f"{way['ratio_to_nwipe']:.2f}",
                f"{way['cpu_seconds_per_gb']:.2f} s",
                f"{way['peak_bytes'] / 1e6:.0f} MB",
                f"{100 * way['device_read_share']:.0f} %",
            ]
            for way in drive["ways"]
        ]
        head = [
            "way",
            "write",
            "read back",
            "together",
            "ratio to dd",
            "to nwipe",
            "CPU per GB",
            "memory",
            "really read",
        ]
        parts.append(f"Device of {drive['size_bytes'] / 1e9:.2f} GB, {drive['device']}:\n\n{table(head, rows)}")
    return "\n".join([*parts, several_drives(figures["several"]), nwipe_profile(figures)])


def _seconds(value: float | None) -> str:
    return f"{value:.2f} s" if value is not None else "–"


def several_drives(figures: dict[str, Any]) -> str:
    """One sentence on drives erased at once."""
    return (
        f"{figures['drives']} drives at once, each {figures['size_bytes'] / 1e9:.2f} GB at "
        f"{figures['bytes_per_second'] / 1e6:.0f} MB/s: {figures['all_seconds']:.1f} s, against "
        f"{figures['one_seconds']:.1f} s for one alone (ratio {figures['ratio']:.2f}).\n"
    )


def nwipe_profile(figures: dict[str, Any]) -> str:
    """Why nwipe takes what it takes."""
    rows = [
        [
            f"{sector} bytes",
            f"{seen['write_size_reported']} bytes",
            f"{seen['writes']} × {seen['bytes_per_write']} bytes",
            f"{seen['reads']} × {seen['bytes_per_read']} bytes",
            f"{seen['syncs']} ({seen['sync_seconds']:.2f} s)",
            "yes" if seen["direct"] else "no",
        ]
        for sector, seen in figures["nwipe_profile"].items()
    ]
    head = ["sectors", "`st_blksize`", "writes", "reads", "fdatasync", "direct I/O"]
    return (
        "Why nwipe is slow, from `strace` on 17 MB: it writes and reads as little at a time as the kernel names as the "
        "device's block size, through the page cache. The flushes cost next to nothing.\n\n"
        f"{table(head, rows)}\nWithout a limit on its memory, nwipe's verification asked a drive that fits into "
        f"memory for {100 * figures['nwipe_read_share_in_memory']:.0f} % of its bytes: the rest was compared "
        "with the page cache, which says nothing about the drive. Ours reads with direct I/O.\n"
    )


def agent(figures: dict[str, Any]) -> str:
    """What the agent costs a PC."""
    first = figures["first_report_seconds"]
    rows = [
        ["resident memory (RSS)", f"{figures['rss_bytes'] / 1e6:.1f} MB"],
        ["of which its own (PSS)", f"{figures['pss_bytes'] / 1e6:.1f} MB"],
        [f"CPU when idle, over {figures['idle_measured_seconds']} s", f"{figures['idle_cpu_percent']:.3f} % of a core"],
        [f"start to first report, median of {len(first['all'])}", f"{first['median']:.2f} s"],
    ]
    return f"In the fast rig, at this computer's own speed.\n\n{table(['', ''], rows)}"


def hardware(figures: dict[str, Any]) -> str:
    """The inventory on recorded dumps, and on the lab's PC beside another agent."""
    dumps = figures["captures"]
    rows = [
        ["dumps read without an error", f"{100 * dumps['parsed_share']:.1f} % of {dumps['dumps']}"],
        ["with every mandatory field", f"{100 * dumps['whole_share']:.1f} %"],
        ["fields that stand in a dump and were not read (aim none)", f"{dumps['overlooked']}"],
        ["time for one: median, slowest", f"{dumps['median_ms']:.0f} ms, {dumps['slowest_ms']:.0f} ms"],
    ]
    text = (
        f"Recorded dumps ({dumps['machines']} machines, the rest single outputs of dmidecode and lscpu). What a dump "
        f"doesn't hold can't be read from it: the inventory names it as missing.\n\n{table(['', ''], rows)}"
    )
    here = figures["here"]
    text += (
        f"\n{here['other']} (the Perl agent that GLPI's came from) beside ours, both asked for hardware only, in "
        "turns. Facts: of those that one of them found there.\n\nOn the computer named below, which is itself virtual "
        f"and has little to be found:\n\n{two_agents(here)}"
    )
    lab = figures.get("lab")
    if not lab:
        return f"{text}\nOn the lab's PC: not measured yet.\n"
    return (
        f"{text}\nOn the lab's PC ({lab['accelerator']}, {lab['memory_mib']} MiB, of which the live system and its "
        f"agent use {lab['used_bytes'] / 1e6:.0f} MB; its file has {lab['live_squashfs_bytes'] / 1e6:.0f} MB), with "
        f"no battery, Wi-Fi, camera or Bluetooth:\n\n{two_agents(lab)}"
    )


def two_agents(found: dict[str, Any]) -> str:
    """Ours and FusionInventory's agent on one PC."""
    ours, theirs, facts = found["ours"], found["theirs"], found["facts"]
    rows = [
        ["time, median", f"{ours['seconds']:.1f} s", f"{theirs['seconds']:.1f} s"],
        ["time, first run", f"{ours['first_seconds']:.1f} s", f"{theirs['first_seconds']:.1f} s"],
        ["CPU time", f"{ours['cpu_seconds']:.1f} s", f"{theirs['cpu_seconds']:.1f} s"],
        ["memory, at most", f"{ours['peak_bytes'] / 1e6:.0f} MB", f"{theirs['peak_bytes'] / 1e6:.0f} MB"],
        ["facts found", *(f"{sum(fact[who] for fact in facts)} of {len(facts)}" for who in ("ours", "theirs"))],
    ]
    alone = {
        who: "; ".join(fact["fact"] for fact in facts if fact[who] and not fact[other])
        for who, other in (("ours", "theirs"), ("theirs", "ours"))
    }
    return (
        f"{table(['', 'ours', 'theirs'], rows)}\n"
        f"Ours alone: {alone['ours'] or 'nothing'}.\n\nTheirs alone: {alone['theirs'] or 'nothing'}.\n"
    )


def verdicts(figures: dict[str, Any]) -> str:
    """What the verdicts on recorded dumps of real drives are, and how fast."""
    healthy = f"{100 * figures['healthy_judged_failing_share']:.1f} % of {figures['healthy']}"
    rows = [
        ["dumps read", f"{100 * figures['parsed_share']:.1f} % of {figures['files']}"],
        [
            "judged failing, of those whose firmware says FAILED (aim 100 %)",
            f"{100 * figures['firmware_failed_judged_failing_share']:.1f} % of {figures['firmware_failed']}",
        ],
        ["judged failing, of the healthy ones (aim under 2 %)", healthy],
        ["judged good, of those that PASSED with unreadable sectors", f"{figures['borderline_judged_good']}"],
        ["unknown, with the reason", f"{figures['verdicts'].get('unknown', 0)} of {figures['drives']} drives"],
        ["drives judged a second, one core", f"{figures['verdicts_per_second']['median']:.0f}"],
    ]
    listed = "".join(
        f"- {drive['model']}: {'; '.join(drive['reasons'])}\n" for drive in figures["healthy_judged_failing_list"]
    )
    return (
        "Over the recorded dumps. *Healthy*: the firmware says PASSED, and not of the collection of drives with "
        f"unreadable sectors.\n\n{table(['', ''], rows)}\nThe healthy ones that are judged failing:\n\n{listed}"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())
    print(PAGE)


if __name__ == "__main__":
    main()
