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
    parts.append(_part("The agent", load("agent"), agent))
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


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())
    print(PAGE)


if __name__ == "__main__":
    main()
