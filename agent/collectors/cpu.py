"""The processor, from lscpu(1)."""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Field, Subsystem, count, flag, text
from agent.sources import Run
from agent.tools import run as run_tool

SUBSYSTEM = Subsystem(
    "cpu",
    "Processor",
    tools=("lscpu", "dmidecode"),
    fields=(
        text("model", "as the processor says", mandatory=True),
        text("vendor", "GenuineIntel, AuthenticAMD…"),
        count("sockets", "processors"),
        count("cores", "cores of the whole machine", mandatory=True),
        count("threads", "threads of the whole machine", mandatory=True),
        count("max_mhz", "highest rated clock", unit="MHz"),
        text("architecture", "of the running system (x86_64)"),
        flag("bits_64", "can run 64-bit systems, whatever the running one is"),
        count("level", "x86-64 level (1 to 4): what compilers and browsers ask for"),
        flag("virtualization", "VT-x or AMD-V, as far as the firmware left it on"),
        count("cache_bytes", "the last cache", unit="bytes"),
        count("family", "CPUID family"),
        count("model_number", "CPUID model"),
        count("stepping", "CPUID stepping"),
        Field("flags", "list", "the few features that programs ask for (sse4_2, aes, avx2)"),
    ),
)
# x86-64 psABI, "micro-architecture levels", by the kernel's names of the features.
_LEVELS = (
    "lm cmov cx8 fpu fxsr mmx sse sse2".split(),
    "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3".split(),
    "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave".split(),
    "avx512f avx512bw avx512cd avx512dq avx512vl".split(),
)
# lscpu's names where it ran in French (util-linux): what people send is often that.
_FRENCH = {
    "Mode(s) opératoire(s) des processeurs": "CPU op-mode(s)",
    "Processeur(s)": "CPU(s)",
    "Thread(s) par cœur": "Thread(s) per core",
    "Cœur(s) par socket": "Core(s) per socket",
    "Identifiant constructeur": "Vendor ID",
    "Famille de processeur": "CPU family",
    "Modèle": "Model",
    "Nom de modèle": "Model name",
    "Révision": "Stepping",
    "Vitesse du processeur en MHz": "CPU MHz",
    "Vitesse maximale du processeur en MHz": "CPU max MHz",
    "Virtualisation": "Virtualization",
    "Cache L1d": "L1d cache",
    "Cache L2": "L2 cache",
    "Cache L3": "L3 cache",
    "Drapaux": "Flags",
    "Drapeaux": "Flags",
}
_TELLING = "lm sse2 pni ssse3 sse4_1 sse4_2 popcnt aes avx avx2 avx512f vmx svm sha_ni".split()


def collect_cpu(
    problems: list[str], *, run: Run = run_tool, dmidecode_text: str = "", architecture: str = ""
) -> dict[str, Any]:
    """Facts of the processor; what can't be read is "" or None. The firmware's table fills in what lscpu left out."""
    ran = run(["lscpu"], seconds=10)
    if not ran.ok:
        problems.append(f"the processor can't be described: {ran.explain()}")
    cpu = parse_lscpu(ran.out)
    cpu["architecture"] = cpu["architecture"] or architecture
    if not cpu["model"] or not cpu["cores"]:
        table = parse_processors(dmidecode_text)
        cpu |= {key: value for key, value in table.items() if not cpu.get(key)}
    return cpu


def parse_processors(dmidecode_text: str) -> dict[str, Any]:
    """The processors in the firmware's table (type 4): sockets that hold one are summed up."""
    found = [b for b in parse_dmidecode(dmidecode_text) if b.type == 4]
    filled = [b for b in found if b.values.get("Type", "") in ("", "Central Processor")]
    filled = [b for b in filled if not re.match(r"Unpopulated|.*Disabled", b.values.get("Status", ""))]
    if not filled:
        return {}
    values = filled[0].values
    signature = re.search(r"Family (\d+), Model (\d+), Stepping (\d+)", values.get("Signature", ""))
    numbers = [int(number) for number in signature.groups()] if signature else [None, None, None]
    maker = values.get("Manufacturer", "")
    mhz = re.match(r"(\d{1,5}) MHz", values.get("Current Speed", ""))
    cores = [_number(block.values.get("Core Count")) for block in filled]
    threads = [_number(block.values.get("Thread Count")) for block in filled]
    wide = [block for block in filled if any("64-bit capable" in line for line in block.lists)]
    return {
        "model": _no_placeholder(said(values.get("Version", ""))),
        "vendor": "GenuineIntel" if "Intel" in maker else "AuthenticAMD" if re.search("AMD|Advanced", maker) else "",
        "sockets": len(filled),
        "cores": sum(number or 0 for number in cores) or None,
        # Tables before SMBIOS 2.5 count neither; threads are then at least the cores.
        "threads": sum(number or 0 for number in threads) or sum(number or 0 for number in cores) or None,
        # Max Speed is what the socket could take (4096, 12000 MHz): the current one is nearer to the truth.
        "max_mhz": int(mhz.group(1)) or None if mhz else None,
        "bits_64": True if wide else None,
        "family": numbers[0],
        "model_number": numbers[1],
        "stepping": numbers[2],
    }


def _no_placeholder(model: str) -> str:
    return "" if model.lower() in ("cpu version", "other", "oem", "cpu") else model


def parse_lscpu(text: str) -> dict[str, Any]:
    """Facts out of lscpu's text (util-linux 2.2x to 2.4x, C locale).

    ``cores`` and ``threads`` count the whole machine; ``max_mhz`` is the highest rated clock, None if unsaid.
    """
    values = _values(text)
    sockets = _number(values.get("Socket(s)"))
    # Machines of another architecture count clusters, and lscpu then prints "-" for sockets.
    per_socket = _number(values.get("Core(s) per socket")) or _number(values.get("Core(s) per cluster"))
    max_mhz = _decimal(values.get("CPU max MHz")) or _decimal(values.get("CPU MHz"))
    return {
        "model": " ".join(values.get("Model name", "").split()),
        "vendor": values.get("Vendor ID", ""),
        "sockets": sockets,
        "cores": (sockets or 1) * per_socket if per_socket else None,
        "threads": _number(values.get("CPU(s)")),
        "max_mhz": round(max_mhz) if max_mhz else None,
        "architecture": values.get("Architecture", ""),
        **_more(values),
    }


def _values(text: str) -> dict[str, str]:
    """Key and value of each line, or of ``lscpu -J``. The first of each name counts."""
    values: dict[str, str] = {}
    if text.lstrip().startswith("{"):
        with contextlib.suppress(ValueError, AttributeError, TypeError, RecursionError):
            waiting = list(json.loads(text).get("lscpu", []))
            while waiting:
                entry = waiting.pop(0)
                values.setdefault(str(entry.get("field", "")).rstrip(":"), str(entry.get("data") or ""))
                waiting += entry.get("children") or []
        return values
    for line in text.splitlines():
        key, separator, value = line.partition(":")
        if separator:
            key = " ".join(key.split())
            values.setdefault(_FRENCH.get(key, key), value.strip())
    return values


def _more(values: dict[str, str]) -> dict[str, Any]:
    """Facts beside the names and the counts."""
    flags = set(values.get("Flags", "").split())
    level = next((n for n, names in enumerate(_LEVELS) if not flags.issuperset(names)), len(_LEVELS))
    modes = values.get("CPU op-mode(s)", "")
    caches = [_bytes(values.get(f"L{number} cache")) for number in (3, 2, 1)]
    return {
        "bits_64": "64-bit" in modes if modes else ("lm" in flags if flags else None),
        "level": level or None,
        "virtualization": bool(flags & {"vmx", "svm"} or values.get("Virtualization")) if flags else None,
        "cache_bytes": next((size for size in caches if size), None),
        "family": _number(values.get("CPU family")),
        "model_number": _number(values.get("Model")),
        "stepping": _number(values.get("Stepping")),
        "flags": [name for name in _TELLING if name in flags],
    }


def _bytes(text: str | None) -> int | None:
    """lscpu's sizes: "3072K", "8 MiB", "12 MiB (2 instances)"."""
    match = re.match(r"(\d{1,9}(?:[.,]\d{1,3})?) ?([KMG])", text or "")
    if not match:
        return None
    return round(float(match.group(1).replace(",", ".")) * {"K": 2**10, "M": 2**20, "G": 2**30}[match.group(2)])


def _number(text: str | None) -> int | None:
    with contextlib.suppress(TypeError, ValueError):
        return int((text or "")[:12])
    return None


def _decimal(text: str | None) -> float | None:
    with contextlib.suppress(TypeError, ValueError):
        value = float((text or "")[:24].replace(",", "."))
        return value if math.isfinite(value) else None
    return None
