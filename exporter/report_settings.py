"""The section `reports` of config.yaml: which reports are made, when, and who gets them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from exporter.secrets import Secret
from exporter.section import Section, Span
from exporter.triggers import cron

# Nothing that could end a header or an envelope; what is not ASCII is not taken by every server.
ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]+@[A-Za-z0-9.-]*[A-Za-z0-9]")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _cron(given: str) -> str:
    try:
        cron(given, ZoneInfo("UTC"))
    except ValueError:
        raise ValueError("not a cron expression of five fields; write for example '0 7 * * 1'") from None
    return given


def _address(given: str) -> str:
    if not ADDRESS.fullmatch(given):
        raise ValueError("not an address of e-mail; write for example board@example.org, without a name")
    return given


def _line(given: object) -> Secret:
    if not isinstance(given, str) or not given or not given.isprintable():
        raise ValueError("a password is one line of text; write !env NAME or !file PATH")
    return Secret(given)


def _distinct(given: tuple[str, ...]) -> tuple[str, ...]:
    known = [address.lower() for address in given]
    if twice := next((one for one in known if known.count(one) > 1), None):
        raise ValueError(f"{twice} stands there twice; leave it once")
    return given


Address = Annotated[str, AfterValidator(_address)]
Cron = Annotated[str, AfterValidator(_cron)]


class SmtpSection(Section):
    """The server that takes mail; `timeout` is for a whole delivery, the port follows from `security`."""

    host: str = Field(min_length=1, pattern=r"^[A-Za-z0-9.:_-]+$")
    port: int | None = Field(default=None, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = Field(default=None, min_length=1)
    password: Annotated[Secret, PlainValidator(_line)] | None = None
    ca_file: Path | None = None
    sender: Address
    timeout: Span = timedelta(seconds=60)

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        return self.host, self.port or PORTS[self.security]

    @model_validator(mode="after")
    def _consistent(self) -> "SmtpSection":
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; write both or neither")
        if self.security == "none" and self.password and self.host not in LOOPBACK:
            raise ValueError("a password would be sent in the clear; write security: starttls or tls")
        if self.security == "none" and self.ca_file:
            raise ValueError("ca_file is for TLS; write security: starttls or tls, or remove it")
        return self


class WeeklySection(Section):
    """The weekly report: by mail, into a folder, or both. One that is missed is sent within `catch_up`."""

    cron: Cron = "0 7 * * 1"
    recipients: Annotated[tuple[Address, ...], AfterValidator(_distinct)] = ()
    folder: Path | None = None
    company: str = Field(default="JobHive", min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")
    catch_up: Span = timedelta(days=3)
    restate_days: int = Field(default=7, ge=0)


class ReportsSection(Section):
    """The reports; without a section of its own a report is not made."""

    smtp: SmtpSection | None = None
    weekly: WeeklySection | None = None

    @model_validator(mode="after")
    def _can_be_sent(self) -> "ReportsSection":
        if self.weekly and self.weekly.recipients and self.smtp is None:
            raise ValueError("weekly has recipients, but there is no smtp; add smtp: {host: ..., sender: ...}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the reports that are configured."""
        return ("weekly",) if self.weekly else ()
