"""Delivery to real mail servers: what arrives, and what is told when nothing does."""

import re
import socket
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from io import BytesIO
from time import monotonic
from typing import Any

import pytest
from pypdf import PdfReader

from exporter.report_settings import SmtpSection
from exporter.reports.mail import message
from exporter.reports.pdf import pdf
from exporter.reports.smtp import DeliveryError, deliver
from tests.reports.mail_servers import (
    PASSWORD,
    USER,
    Inbox,
    Place,
    drops_the_line,
    knows,
    place,
    serving,
    takes_and_says_nothing,
    talking,
    trickles,
)
from tests.reports.making import small
from tests.running import free_port

SENDER, BOARD = "reports@example.org", ("board@example.org", "founders@example.org")
AT = datetime(2026, 3, 16, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place(tmp_path_factory.mktemp("tls"))


def settings(port: int, **chosen: Any) -> SmtpSection:
    given = {"host": "localhost", "port": port, "security": "none", "sender": SENDER, "timeout": "10s"}
    return SmtpSection.model_validate(given | chosen)


def letter() -> EmailMessage:
    report = small()
    return message(report, pdf(report), SENDER, BOARD, AT)


def sent(smtp: SmtpSection, marks: list[str] | None = None) -> int:
    left = marks if marks is not None else []
    return deliver(smtp, letter(), BOARD, lambda: left.append("left"))


def failed(smtp: SmtpSection, marks: list[str] | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        sent(smtp, marks)
    for secret in (*BOARD, SENDER, PASSWORD.decode()):
        assert secret not in str(raised.value)
    return raised.value


def test_text_html_and_the_pdf_arrive() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        assert sent(settings(port)) == 0
    (found,) = inbox.letters
    assert (found.sender, found.recipients) == (SENDER, BOARD)
    mail = found.message
    assert mail["Subject"] == "JobHive weekly report 2026-W11: Mon 9 – Sun 15 March 2026"
    assert mail["From"] == f"JobHive <{SENDER}>"
    assert mail["To"] == ", ".join(BOARD)
    assert mail["Message-ID"] == "<jobhive-weekly-2026-W11@example.org>"
    assert mail["Date"].datetime == AT
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain
    assert page
    assert "MRR is $85.00, down 26.1% from $115.00." in plain.get_content()
    assert "$85.00" in page.get_content()
    (document,) = mail.iter_attachments()
    assert (document.get_filename(), document.get_content_type()) == ("weekly-2026-W11.pdf", "application/pdf")
    assert "$85.00" in PdfReader(BytesIO(document.get_content())).pages[0].extract_text()


# The server takes the TLS of its own port for none.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_password(tls: Place, security: str) -> None:
    inbox, marks = Inbox(), list[str]()
    ways: dict[str, dict[str, Any]] = {
        "starttls": {"tls_context": tls.context, "require_starttls": True},
        "tls": {"ssl_context": tls.context, "auth_require_tls": False},
    }
    user = {"username": USER.decode(), "password": PASSWORD.decode(), "ca_file": tls.authority}
    with serving(inbox, authenticator=knows, auth_required=True, **ways[security]) as port:
        assert sent(settings(port, security=security, **user), marks) == 0
        assert len(inbox.letters) == 1
        wrong = failed(settings(port, security=security, **user | {"password": "wrong-canary-word"}), marks)
        assert str(wrong) == f"localhost:{port} answered 535 5.7.8 Authentication credentials invalid"
        assert not wrong.unconfirmed
        stranger = failed(settings(port, security=security, **user | {"ca_file": None}), marks)
        assert "cannot be trusted or speaks no TLS: CERTIFICATE_VERIFY_FAILED; see security and ca_file" in str(
            stranger
        )
    assert marks == ["left"]
    assert len(inbox.letters) == 1


def test_a_server_without_tls_gets_no_mail_and_no_password() -> None:
    inbox = Inbox()
    with serving(inbox, authenticator=knows, auth_require_tls=False) as port:
        error = failed(settings(port, security="starttls", username="jobhive", password=PASSWORD.decode()))
    assert "STARTTLS" in str(error)
    assert inbox.letters == []


def test_who_is_refused_costs_no_other() -> None:
    inbox, marks = Inbox(refused=BOARD[:1]), list[str]()
    with serving(inbox) as port:
        assert sent(settings(port), marks) == 1
    assert [found.recipients for found in inbox.letters] == [BOARD[1:]]
    inbox = Inbox(refused=BOARD)
    with serving(inbox) as port:
        assert str(failed(settings(port), marks)) == "localhost refused every recipient (550)"
    assert marks == ["left"]


@pytest.mark.parametrize("answer", ["451 come later, board@example.org", "554 no"])
def test_a_message_that_is_refused_has_certainly_not_arrived(answer: str) -> None:
    inbox = Inbox(answer=answer)
    with serving(inbox) as port:
        error = failed(settings(port))
        assert re.fullmatch(rf"localhost:{port} answered {answer[:3]} (come later, \*\*\*|no)", str(error))
        assert not error.unconfirmed


def test_nobody_there() -> None:
    port = free_port()
    marks: list[str] = []
    assert str(failed(settings(port), marks)) == f"localhost:{port} cannot be reached: Connection refused"
    error = failed(settings(port, host="nobody.invalid"), marks)
    assert "nobody.invalid" in str(error)
    assert marks == []


def test_a_line_that_breaks_in_the_middle_leaves_a_doubt() -> None:
    marks: list[str] = []
    with talking(drops_the_line) as port:
        error = failed(settings(port), marks)
    assert error.unconfirmed
    assert str(error) == "the connection to localhost broke while the message was sent, which may have arrived"
    assert marks == ["left"]


def test_a_server_that_does_not_answer_leaves_a_doubt_after_the_deadline() -> None:
    over, began = threading.Event(), monotonic()
    with talking(takes_and_says_nothing(over)) as port:
        error = failed(settings(port, timeout="1s"))
        over.set()
    assert error.unconfirmed
    assert monotonic() - began < 5


def test_a_server_that_trickles_is_given_up_at_the_deadline() -> None:
    began = monotonic()
    with talking(trickles) as port:
        assert not failed(settings(port, timeout="1s")).unconfirmed
    assert monotonic() - began < 5


def test_a_server_that_hangs_up_at_once() -> None:
    def nothing(client: socket.socket) -> None:
        client.shutdown(socket.SHUT_RDWR)

    with talking(nothing) as port:
        assert not failed(settings(port)).unconfirmed


@pytest.mark.parametrize(
    "address", ["board@example.org\r\nBcc: spy@example.org", "a b@example.org", "board", "<b@example.org>"]
)
def test_no_address_ends_a_header(address: str) -> None:
    with pytest.raises(ValueError, match=r"header|linefeed|address|carriage|Invalid|invalid|domain|local"):
        message(small(company="x\r\nBcc: spy@example.org"), b"", SENDER, [address], AT)


def test_a_letter_is_the_same_but_for_its_date_and_boundaries() -> None:
    def plain(mail: EmailMessage) -> str:
        return re.sub(r"={15}\d+==", "BOUNDARY", mail.as_string())

    assert plain(letter()) == plain(letter())
