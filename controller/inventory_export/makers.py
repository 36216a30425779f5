"""Names that GLPI expects and a snapshot has in another form: data, not rules."""

from __future__ import annotations

import re

# SMBIOS 3.6, 7.4.1: the chassis types, numbered from 1.
CHASSIS_TYPES = (
    "Other;Unknown;Desktop;Low Profile Desktop;Pizza Box;Mini Tower;Tower;Portable;Laptop;Notebook;Hand Held;"
    "Docking Station;All in One;Sub Notebook;Space-Saving;Lunch Box;Main Server Chassis;Expansion Chassis;"
    "Sub Chassis;Bus Expansion Chassis;Peripheral Chassis;RAID Chassis;Rack Mount Chassis;Sealed-Case PC;"
    "Multi-System;CompactPCI;AdvancedTCA;Blade;Blade Enclosure;Tablet;Convertible;Detachable;IoT Gateway;"
    "Embedded PC;Mini PC;Stick PC"
).split(";")

# The beginning of a drive's model → its maker. A disk says only its model; makers' own codes are well known.
_DRIVE_MAKERS = (
    (r"samsung|mz[a-z0-9]{2,3}-?\w|hd\d{3}[a-z]{2}|sp\d{4}", "Samsung"),
    (r"wdc|wd[ _]|wd\d|western digital", "Western Digital"),
    (r"st\d{3,}|seagate|maxtor stm", "Seagate"),
    (r"maxtor", "Maxtor"),
    (r"toshiba|mk\d{4}|thns|kxg|kbg|dt01ac|hdw", "Toshiba"),
    (r"kioxia|kcd\d", "Kioxia"),
    (r"hgst|hu[cshm][a-z]*\d", "HGST"),
    (r"hitachi|h[dt][septa]\d{4}", "Hitachi"),
    (r"ic\d{2}[a-z]|ibm", "IBM"),
    (r"fujitsu|mh[vwyz]\d", "Fujitsu"),
    (r"intel|ssdsc|ssdpe", "Intel"),
    (r"crucial|ct\d{2,4}", "Crucial"),
    (r"micron|mtfd", "Micron"),
    (r"kingston|sa400|suv\d|skc\d|sv300", "Kingston"),
    (r"sandisk|sd[789][a-z]", "SanDisk"),
    (r"sk ?hynix|hfs\d|hynix|pc\d{3} nvme sk", "SK Hynix"),
    (r"lite-?on|plds|lcs-|lch-|cv\d-", "LITE-ON"),
    (r"adata|su\d{3}|sx\d{4}", "ADATA"),
    (r"transcend|ts\d+g", "Transcend"),
    (r"corsair|force mp", "Corsair"),
    (r"pny", "PNY"),
    (r"ocz", "OCZ"),
    (r"phison", "Phison"),
    (r"apple", "Apple"),
    (r"quantum", "Quantum"),
    (r"msft", "Microsoft"),
    (r"qemu", "QEMU"),
)
DRIVE_MAKERS = tuple((re.compile(pattern, re.IGNORECASE), maker) for pattern, maker in _DRIVE_MAKERS)

# lscpu's vendor → the name that people use.
CPU_MAKERS = {
    "GenuineIntel": "Intel",
    "AuthenticAMD": "AMD",
    "CentaurHauls": "VIA",
    "VIA VIA VIA": "VIA",
    "GenuineTMx86": "Transmeta",
    "ARM": "ARM",
    "Qualcomm": "Qualcomm",
    "Apple": "Apple",
}

# Machine type as the kernel or lscpu says → GLPI's; the schema knows no other.
ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64", "x86": "i686", "arm64": "aarch64"}
ARCHITECTURES |= {"ppc": "powerpc", "ppc64": "powerpc64", "ppc64le": "powerpc64", "ppc64el": "powerpc64"}
ARCHITECTURES |= {"mips64el": "mips64", "mipsel": "mips"}
KNOWN_ARCHITECTURE = re.compile(
    r"mips|mips64|alpha|sparc|sparc64|m68k|i[0-9]86|x86_64|powerpc|powerpc64|arm[a-z0-9]*|aarch64"
)

# In a system's maker and product → GLPI's name of the virtual system.
VIRTUAL = {"qemu": "QEMU", "bochs": "QEMU", "kvm": "KVM", "vmware": "VMware", "virtualbox": "VirtualBox"}
VIRTUAL |= {"innotek": "VirtualBox", "xen": "Xen", "virtual machine": "Hyper-V"}

INTERFACES = {"sata": "SATA", "nvme": "NVME", "usb": "USB", "mmc": "MMC", "scsi": "SCSI", "virtio": "VIRTIO"}
INTERFACES |= {"ide": "IDE", "ata": "IDE", "sas": "SAS"}


def drive_maker(model: str) -> str:
    """Who made a drive, from its model; "" when that isn't known."""
    return next((maker for pattern, maker in DRIVE_MAKERS if pattern.match(model)), "")


def architecture(value: str) -> str:
    """GLPI's name of a machine type, or ""."""
    found = ARCHITECTURES.get(value.lower(), value.lower())
    return found if KNOWN_ARCHITECTURE.fullmatch(found) else ""


def chassis_name(kind: str) -> str:
    """The name of a SMBIOS chassis type given as number or name, or "" for one that says nothing."""
    if kind.isascii() and kind.isdigit() and len(kind) <= 3:
        number = int(kind) & 0x7F  # bit 7 says that it has a lock
        found = CHASSIS_TYPES[number - 1] if 0 < number <= len(CHASSIS_TYPES) else ""
    else:
        found = next((known for known in CHASSIS_TYPES if known.lower() == kind.lower()), "")
    return "" if found in ("Other", "Unknown") else found


def virtual_system(maker: str, product: str) -> str:
    """What a virtual PC runs in, "Physical" for a real one, "" where nobody says who made it."""
    said = f"{maker} {product}".lower()
    return next((system for mark, system in VIRTUAL.items() if mark in said), "Physical" if said.strip() else "")
