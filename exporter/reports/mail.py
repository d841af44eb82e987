"""A report as a message: text, HTML and the PDF; its Message-ID is the same whenever it is sent. Pure."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from exporter.reports.html import html
from exporter.reports.model import Report
from exporter.reports.text import text


def message(report: Report, document: bytes, sender: str, recipients: Sequence[str], at: datetime) -> EmailMessage:
    """Return the message; the library refuses a header with a line break."""
    name, domain = sender.rsplit("@", 1)
    made = EmailMessage(policy=SMTP)
    made["Subject"] = f"{report.company} weekly report {report.week.name}: {report.week.days}"
    made["From"] = Address(report.company, name, domain)
    made["To"] = ", ".join(recipients)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = message_id(report, domain)
    # Nobody's absence note, please (RFC 3834).
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text(report), cte="quoted-printable")
    made.add_alternative(html(report), subtype="html", cte="quoted-printable")
    made.add_attachment(document, maintype="application", subtype="pdf", filename=filename(report, "pdf"))
    return made


def message_id(report: Report, domain: str) -> str:
    """Return the id of the report about a week: who has it already may drop another one."""
    return f"<jobhive-{report.name}-{report.week.name}@{domain}>"


def filename(report: Report, suffix: str) -> str:
    """Return the name of a file of the report."""
    return f"{report.name}-{report.week.name}.{suffix}"
