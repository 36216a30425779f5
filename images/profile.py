"""A profile as the image builder sees it: the ``profile_*`` keys of inventory/group_vars/profile_<name>.yml.

The same file holds what the playbooks check after the installation, so that software list and proof are
one description. Only ``profile_packages`` and ``profile_image_*`` are read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from images.bootstrap import Recipe
from images.errors import ImageError
from images.options import BuildOptions
from images.sources import choose_sources

GROUP_VARS = Path(__file__).resolve().parent.parent / "inventory" / "group_vars"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What gets installed, and how its image is made."""

    name: str
    title: str  # as people see it
    packages: tuple[str, ...]
    firmware: tuple[str, ...]  # packages added unless the build goes without firmware
    locale: str
    locales: tuple[str, ...]
    keyboard: str  # XKB layout
    timezone: str
    kernel_options: str
    enabled_units: tuple[str, ...]
    masked_units: tuple[str, ...]
    default_target: str
    excluded: tuple[str, ...]  # dpkg patterns left out
    included: tuple[str, ...]
    free_mib: int  # free space in the image's root file system, before it grows to the disk
    zstd_level: int

    def recipe(self, options: BuildOptions) -> Recipe:
        """What the profile's root file system is made of."""
        return Recipe(
            name=f"os-{self.name}",
            packages=self.packages + (self.firmware if options.firmware else ()),
            sources=tuple(
                choose_sources(
                    mirror=options.mirror,
                    security_mirror=options.security_mirror,
                    firmware=options.firmware and bool(self.firmware),
                )
            ),
            debconf=self._debconf(),
            excluded=self.excluded,
            included=self.included,
            space_bytes=12_000_000_000 if len(self.packages) > 60 else 4_000_000_000,
        )

    def _debconf(self) -> str:
        wanted = ", ".join(f"{name} {name.rsplit('.', 1)[-1]}" for name in self.locales)
        area, city = self.timezone.split("/", 1)
        return "".join(
            f"{line}\n"
            for line in (
                f"locales locales/locales_to_be_generated multiselect {wanted}",
                f"locales locales/default_environment_locale select {self.locale}",
                f"tzdata tzdata/Areas select {area}",
                f"tzdata tzdata/Zones/{area} select {city}",
                f"keyboard-configuration keyboard-configuration/layoutcode string {self.keyboard}",
                # The removable path is what every firmware finds; updates must go there too.
                "grub-efi-amd64 grub2/force_efi_extra_removable boolean true",
                "grub-efi-amd64 grub2/update_nvram boolean false",
                # No questions about microphones, mail or daemons during later updates either.
                "unattended-upgrades unattended-upgrades/enable_auto_updates boolean true",
            )
        )


def load_profile(name: str, folder: Path = GROUP_VARS) -> Profile:
    """The profile ``name``. Raises ``ImageError`` naming the file and the key that is wrong."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,31}", name):
        raise ImageError(
            f"{name!r} can't be a profile's name", hint="small letters, digits and _, as in profile_<name>.yml"
        )
    path = folder / f"profile_{name}.yml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = sorted(file.stem.removeprefix("profile_") for file in folder.glob("profile_*.yml"))
        raise ImageError(
            f"No profile {name!r} ({path})", hint=f"the profiles are: {', '.join(known) or 'none'}"
        ) from error
    except yaml.YAMLError as error:
        raise ImageError(f"{path} is not YAML: {error}", hint="correct that line") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("profile_packages"), list):
        raise ImageError(f"{path} has no list profile_packages", hint="see inventory/group_vars/profile_mini.yml")
    return parse_profile(name, raw)


def parse_profile(name: str, raw: dict[str, Any]) -> Profile:
    """A profile from its variables; what isn't given has the defaults below."""

    def text(key: str, default: str) -> str:
        return str(raw.get(f"profile_image_{key}", default))

    def names(key: str) -> tuple[str, ...]:
        return tuple(str(part) for part in raw.get(key) or ())

    locale = text("locale", "fr_FR.UTF-8")
    return Profile(
        name=name,
        title=text("title", name),
        packages=names("profile_packages"),
        firmware=names("profile_image_firmware"),
        locale=locale,
        locales=names("profile_image_locales") or (locale,),
        keyboard=text("keyboard", "fr"),
        timezone=text("timezone", "Europe/Paris"),
        kernel_options=text("kernel_options", "quiet"),
        enabled_units=names("profile_image_enabled_units"),
        masked_units=names("profile_image_masked_units"),
        default_target=text("default_target", "multi-user.target"),
        excluded=names("profile_image_excluded"),
        included=names("profile_image_included"),
        free_mib=int(text("free_mib", "256")),
        zstd_level=int(text("zstd_level", "9")),
    )
