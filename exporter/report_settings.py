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
    """The server that takes mail."""

    host: str = Field(min_length=1, pattern=r"^[A-Za-z0-9.:_-]+$")
    """The server that takes mail."""
    port: int | None = Field(default=None, gt=0, lt=65536)
    """Default: 587 for starttls, 465 for tls, 25 for none."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`tls` speaks TLS from the first byte."""
    username: str | None = Field(default=None, min_length=1)
    """With `password`; without both the server asks for none."""
    password: Annotated[Secret, PlainValidator(_line)] | None = None
    """One line of text."""
    ca_file: Path | None = None
    """Stands in for the authorities of the system."""
    sender: Address
    """The address that the mail comes from, without a name."""
    timeout: Span = timedelta(seconds=60)
    """For a whole delivery."""

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
    """The weekly report: by mail, into a folder, or both."""

    cron: Cron = "0 7 * * 1"
    """Five fields on the wall clock of `business.timezone`."""
    recipients: Annotated[tuple[Address, ...], AfterValidator(_distinct)] = ()
    """Addresses, without names."""
    folder: Path | None = None
    """PDF and HTML are written there; beside the mail, or in its place."""
    company: str = Field(default="JobHive", min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")
    """In the title, and the name that the mail comes from."""
    catch_up: Span = timedelta(days=3)
    """A report that was missed is sent within this."""
    restate_days: int = Field(default=7, ge=0)
    """Figures that change so soon after they were sent are named in the next report."""


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
