"""Every setting of the controller, in one class: from ``RECYCLERIE_*`` variables or a TOML file.

Order: environment, then the file named by ``RECYCLERIE_CONFIG`` (default ``/etc/recyclerie/recyclerie.toml``),
then the defaults below. ``docs/settings.md`` describes each one; a test fails when one is missing there.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


def settings_file() -> Path:
    """Where the settings' file is, or would be."""
    return Path(os.environ.get("RECYCLERIE_CONFIG", "/etc/recyclerie/recyclerie.toml"))


class Settings(BaseSettings):
    """How this workshop's controller runs. Paths are absolute, durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="RECYCLERIE_", extra="forbid")

    site: str = Field(
        "main", description="Short name of the workshop this controller serves", pattern=r"^[a-z0-9-]{1,32}$"
    )
    workshop_name: str = Field("Recyclerie numérique", description="Name of the workshop on pages and labels")
    workshop_address: str = Field(
        "", description="Postal address of the workshop, on certificates; lines apart by semicolons"
    )
    workshop_contact: str = Field("", description="Telephone or e-mail address of the workshop, on certificates")
    workshop_logo: Path | None = Field(None, description="Logo on certificates: an SVG or PNG file")
    data_dir: Path = Field(Path("/var/lib/recyclerie"), description="Database, keys, runs: what must be backed up")
    image_dir_: Path | None = Field(
        None,
        validation_alias=AliasChoices("RECYCLERIE_IMAGE_DIR", "image_dir"),
        description="Built images; default DATA_DIR/images",
    )
    cache_dir: Path = Field(Path("~/.cache/recyclerie"), description="Build caches; can be deleted at any time")
    database_url_: str | None = Field(
        None,
        validation_alias=AliasChoices("RECYCLERIE_DATABASE_URL", "database_url"),
        description="SQLAlchemy URL; default SQLite in DATA_DIR",
    )
    dbos_url_: str | None = Field(
        None,
        validation_alias=AliasChoices("RECYCLERIE_DBOS_URL", "dbos_url"),
        description="Database of the durable runs; default SQLite in DATA_DIR, or the PostgreSQL of DATABASE_URL",
    )
    host: str = Field("0.0.0.0", description="Address the controller listens on")  # noqa: S104 - PCs of the workshop must reach it
    port: int = Field(8443, description="HTTPS port of the dashboard, the API and the agents", ge=1, le=65535)
    boot_port: int = Field(8080, description="Plain HTTP port; serves only boot files", ge=1, le=65535)
    public_address: str = Field(
        "", description="Address or name by which PCs reach the controller; default: that of the interface"
    )
    tls_certificate: Path | None = Field(
        None, description="PEM chain of the operator's own certificate; default: made by the controller's CA"
    )
    tls_key: Path | None = Field(None, description="Key of TLS_CERTIFICATE, PEM")
    tls_ca: Path | None = Field(None, description="CA that agents must trust when TLS_CERTIFICATE is given, PEM")
    signing_certificate: Path | None = Field(
        None,
        description="PEM chain that certificates of erasure are signed with, the signer's first; "
        "default: made by the controller's CA",
    )
    signing_key: Path | None = Field(None, description="Key of SIGNING_CERTIFICATE, PEM without a passphrase")
    verification_url: str = Field(
        "",
        description="Where donors reach the verification page, printed on certificates (https://verif.example.org); "
        "default: the controller's own address",
        pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$",
    )
    verify_per_minute: int = Field(
        30, description="Certificates that one address may look up on the verification page in a minute", ge=1
    )
    default_profile: str = Field("famille", description="What is installed on a machine unless its lot says otherwise")
    default_language: str = Field(
        "fr", description="Language of pages before a person has chosen one", pattern=r"^(fr|en)$"
    )
    installed_locale: str = Field(
        "fr_FR.UTF-8", description="Language of the installed systems", pattern=r"^[a-z]{2}_[A-Z]{2}\.UTF-8$"
    )
    installed_keyboard: str = Field(
        "fr", description="Keyboard of the installed systems (XKB layout)", pattern=r"^[a-z]{2,3}$"
    )
    timezone: str = Field("Europe/Paris", description="Time zone of pages, papers and installed machines")
    max_parallel_runs: int = Field(8, description="Machines reconditioned at once; others wait in the queue", ge=1)
    announce_per_minute: int = Field(30, description="Announcements taken from one address in a minute", ge=1)
    sign_in_per_minute: int = Field(10, description="Sign-in attempts from one address in a minute", ge=1)
    session_hours: float = Field(12, description="A person is signed out after this time without use", gt=0)
    boot_wait_seconds: float = Field(1800, description="How long a machine may take to come back after a restart", gt=0)
    job_silence_seconds: float = Field(
        900, description="A job that says nothing for this long puts its machine on hold", gt=0
    )
    authorisation_wait_hours: float = Field(
        336, description="How long an inspected machine waits for its authorisation", gt=0
    )
    tests: bool = Field(True, description="Machines go through the automatic hardware tests before their erase")
    tests_memory_seconds: int = Field(120, description="How long the memory is tested", ge=1, le=86400)
    tests_cpu_seconds: int = Field(60, description="How long the processor is put under full load", ge=1, le=86400)
    tests_surface: str = Field(
        "sampled",
        description="How drives are read before their erase: sampled (places all over it), full (hours) or off",
        pattern=r"^(sampled|full|off)$",
    )
    tests_surface_seconds: int = Field(120, description="Limit of the sampled reading of a drive", ge=1, le=86400)
    tests_self_test: bool = Field(True, description="Drives run their own short self-test, about two minutes")
    step_attempts: int = Field(2, description="How often a step that failed for a passing reason is tried", ge=1)
    heartbeat_seconds: float = Field(10, description="How often an agent says that it is there", gt=0)
    remote_maintenance: bool = Field(
        True, description="Sealed systems take the maintenance key, through their agent's own link and no other way"
    )
    maintenance_at_once: int = Field(3, description="Machines at home that are maintained at once; others wait", ge=1)
    maintenance_wait_days: float = Field(
        14, description="How long maintenance waits for a machine at home to be connected before it is given up", gt=0
    )
    log_bundle_days: int = Field(30, description="Log bundles fetched from machines at home are deleted after", ge=1)
    terminal_idle_minutes: float = Field(
        15, description="A terminal in which nothing moved for this long is closed", gt=0, le=60
    )
    terminal_hours: float = Field(2, description="How long one terminal may stay open", gt=0, le=8)
    agent_update_percent: int = Field(
        10, description="Share of the machines at home that take a new release of the agent first", ge=0, le=100
    )
    agent_update_hold_hours: float = Field(
        48, description="How long a new release must last on those before all others take it", ge=0
    )
    event_log_days: int = Field(
        90, description="Step logs and reports older than this are pruned, but for each machine's newest", ge=1
    )
    battery_worn_below: int = Field(
        80, description="A battery that holds less than this percentage of its design capacity is worn", ge=1, le=100
    )
    battery_failing_below: int = Field(
        50, description="A battery that holds less than this percentage of its design capacity is failing", ge=0, le=100
    )
    alert_disk_percent: float = Field(
        90, description="A disk at home that is full to this percentage opens an alert", ge=50, le=100
    )
    alert_heat_celsius: float = Field(
        85, description="A processor at home that stays this hot (°C) for an hour opens an alert", ge=50, le=120
    )
    alert_silent_days: float = Field(
        30, description="A delivered machine that was not heard of for this many days opens an alert", gt=0, le=3650
    )
    follow_up_days: str = Field(
        "7,30,90",
        description="Days after a hand-over on which the family is called, in order, apart by commas",
        pattern=r"^[1-9]\d{0,3}(,[1-9]\d{0,3}){0,9}$",
    )
    help_text_days: int = Field(
        180,
        description="Texts, telephone numbers and notes of calls for help are deleted this long after they are solved",
        ge=1,
    )
    assist_why_days: float = Field(
        90,
        description="What a person wrote when asking for a family's screen is forgotten after this many days",
        gt=0,
    )
    assist_away_seconds: float = Field(
        120,
        description="A session on a family's screen ends when nobody has had its page open for this many seconds",
        ge=15,
        le=3600,
    )
    alert_updates_days: float = Field(
        14, description="A machine at home without security updates for this many days opens an alert", ge=1, le=3650
    )
    health_sample_days: int = Field(
        3,
        description="Health samples older than this are pruned, but for each machine's newest; series stay",
        ge=1,
    )

    glpi_url: str = Field(
        "",
        description="Where GLPI takes inventories (https://glpi.example.org/front/inventory.php)",
        pattern=r"^(https://[^\s/@?#]+(/[^\s?#]*)?)?$",
    )
    glpi_client_id: str = Field(
        "", description="OAuth client of GLPI with the scope “inventory”, where GLPI asks for one"
    )
    glpi_client_secret: SecretStr | None = Field(None, description="Secret of GLPI_CLIENT_ID")
    glpi_app_token: SecretStr | None = Field(
        None, description="Sent to GLPI as App-Token, where a gateway before it asks for one"
    )
    glpi_ca: Path | None = Field(
        None, description="CA of the GLPI server's certificate, PEM; default: those that this system trusts"
    )
    glpi_tag: str = Field("", description="Tag of what is sent to GLPI: its rules choose the entity by it")
    glpi_push: bool = Field(False, description="Send every new inventory to GLPI by itself")

    @model_validator(mode="after")
    def _glpi_whole(self) -> Settings:
        if bool(self.glpi_client_id) != (self.glpi_client_secret is not None):
            raise ValueError("glpi_client_id and glpi_client_secret go together: give both, or neither")
        if self.glpi_push and not self.glpi_url:
            raise ValueError("glpi_push needs glpi_url: where should inventories be sent?")
        return self

    @model_validator(mode="after")
    def _battery_in_order(self) -> Settings:
        if self.battery_failing_below > self.battery_worn_below:
            raise ValueError("battery_failing_below can't be above battery_worn_below: a failing battery is worn too")
        return self

    @model_validator(mode="after")
    def _own_certificate_whole(self) -> Settings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together: give both, or neither")
        if (self.signing_certificate is None) != (self.signing_key is None):
            raise ValueError("signing_certificate and signing_key go together: give both, or neither")
        return self

    @property
    def image_dir(self) -> Path:
        """Folder of the built images: ``live/`` and ``os/<profile>/``."""
        return (self.image_dir_ or self.data_dir / "images").expanduser()

    @property
    def keys_dir(self) -> Path:
        """Folder of the controller's keys, mode 0700."""
        return self.data_dir / "keys"

    @property
    def tftp_dir(self) -> Path:
        """Root of the TFTP server, filled by ``recyclerie netboot`` and ``recyclerie serve``."""
        return self.data_dir / "tftp"

    @property
    def runs_dir(self) -> Path:
        """Private directories of ansible-runner, one per play."""
        return self.data_dir / "runs"

    @property
    def bundles_dir(self) -> Path:
        """Log bundles fetched from machines."""
        return self.data_dir / "bundles"

    @property
    def run_dir(self) -> Path:
        """Sockets of the running controller, mode 0700."""
        return self.data_dir / "run"

    @property
    def photos_dir(self) -> Path:
        """Photos of machines, each file named by its SHA-256."""
        return self.data_dir / "photos"

    @property
    def certificates_dir(self) -> Path:
        """Signed PDF files, each named by its SHA-256: made once, never made again."""
        return self.data_dir / "certificates"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the controller's tables."""
        return self.database_url_ or f"sqlite:///{self.data_dir / 'recyclerie.sqlite'}"

    @property
    def dbos_url(self) -> str:
        """URL of DBOS's system database (same server as the tables, or a SQLite file of its own)."""
        if self.dbos_url_:
            return self.dbos_url_
        if self.database_url.startswith("postgresql"):
            return self.database_url
        return f"sqlite:///{self.data_dir / 'dbos.sqlite'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the TOML file where there is one."""
        path = settings_file()
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if path.is_file():
            sources += (TomlConfigSettingsSource(settings_cls, toml_file=path),)
        return sources


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
