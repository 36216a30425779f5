"""Firmware, processor, main board and case: updated, switched, exchanged."""

from __future__ import annotations

from controller.i18n import N_
from controller.machines.changes.change import Change, looked, same_name
from controller.machines.rubbish import clean_serial, clean_text, clean_uuid
from controller.machines.snapshot import Body, items, section, text


def firmware_known(body: Body) -> bool:
    """Whether the firmware could be asked."""
    firmware = section(body, "firmware")
    return bool(text(firmware, "version") or text(firmware, "date"))


def compare_firmware(before: Body, after: Body) -> list[Change]:
    """Its version, and Secure Boot. How a boot went (UEFI or BIOS) is each boot's own affair."""
    old, new = section(before, "firmware"), section(after, "firmware")
    found = []
    was, now = _version(old), _version(new)
    if was and now and was != now:
        message = N_("firmware {after}, before {before}")
        found.append(Change(part="firmware", message=message, params={"before": was, "after": now}))
    switched: dict[tuple[object, object], str] = {
        (False, True): N_("Secure Boot was switched on"),
        (True, False): N_("Secure Boot was switched off"),
    }
    message = switched.get((old.get("secure_boot"), new.get("secure_boot")), "")  # either may be unknown: None
    return [*found, Change(part="firmware", message=message)] if message else found


def _version(firmware: Body) -> str:
    """Version and date, as people tell firmwares apart: some makers change only one of them."""
    return ", ".join(part for part in (clean_text(text(firmware, "version")), text(firmware, "date")) if part)


def processor_known(body: Body) -> bool:
    """Whether the processor says its name."""
    return bool(text(section(body, "cpu"), "model"))


def compare_processor(before: Body, after: Body) -> list[Change]:
    """Another model."""
    old, new = text(section(before, "cpu"), "model"), text(section(after, "cpu"), "model")
    if same_name(old.split("@")[0], new.split("@")[0]) and _numbers(old) == _numbers(new):
        return []
    params = {"before": old, "after": new}
    return [Change(part="processor", message=N_("processor {after} in place of {before}"), params=params)]


def _numbers(name: str) -> list[str]:
    """The words with a digit, which tell an i5-6200U from an i5-6300U, but no clock ("@ 2.30GHz")."""
    words = name.split("@")[0].lower().split()
    return sorted(word for word in words if any(letter.isdigit() for letter in word))


def board_known(body: Body) -> bool:
    """Whether the firmware says anything of the board and the machine."""
    chassis = section(body, "chassis")
    return bool(
        _board(body) or clean_serial(text(chassis, "board_serial")) or clean_serial(text(chassis, "system_serial"))
    )


def compare_board(before: Body, after: Body) -> list[Change]:
    """Another board: by its serial number, else by its model. And what the firmware says of the whole machine."""
    old, new = section(before, "chassis"), section(after, "chassis")
    was, now = clean_serial(text(old, "board_serial")), clean_serial(text(new, "board_serial"))
    models = _board(before), _board(after)
    found = []
    if (was and now and was != now) or (all(models) and not same_name(*models)):
        message = N_("another main board: {after}, before {before}")
        params = {"before": " ".join(filter(None, (models[0], was))), "after": " ".join(filter(None, (models[1], now)))}
        found.append(Change(part="board", message=message, params=params))
    was, now = clean_serial(text(old, "system_serial")), clean_serial(text(new, "system_serial"))
    if was and now and was != now:
        message = N_("the machine says serial number {after}, before {before}")
        found.append(Change(part="board", message=message, params={"before": was, "after": now}))
    was, now = clean_uuid(text(old, "system_uuid")), clean_uuid(text(new, "system_uuid"))
    if was and now and was != now and not found:
        message = N_("the machine says UUID {after}, before {before}")
        found.append(Change(part="board", message=message, params={"before": was, "after": now}))
    return found


def _board(body: Body) -> str:
    """Maker and model; ``""`` without a model."""
    board = section(body, "board")
    if not clean_text(text(board, "product")):
        return ""
    return " ".join(
        part for part in (clean_text(text(board, "manufacturer")), clean_text(text(board, "product"))) if part
    )


def security_known(body: Body) -> bool:
    """Whether the inventory looked for security devices."""
    return looked(body, "security")


def compare_security(before: Body, after: Body) -> list[Change]:
    """A TPM or a fingerprint reader that is there or is not any more: a setting of the firmware, or a lost cable."""
    found = []
    for kind, gone, come in _SECURITY:
        was, now = (any(text(item, "kind") == kind for item in items(body, "security")) for body in (before, after))
        if was != now:
            found.append(Change(part="security", message=come if now else gone))
    return found


_SECURITY = (
    ("tpm", N_("the TPM is not to be seen any more"), N_("a TPM is to be seen now")),
    ("fingerprint", N_("the fingerprint reader is gone"), N_("a fingerprint reader is to be seen now")),
)
