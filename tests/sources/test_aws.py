"""The client of Cost Explorer: what each fault looks like to the user, and what it costs."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path

import pytest

from demo.aws import Fault, SimulatedCostExplorer
from demo.aws_account import ONE_DAY, Amount, simulated
from exporter import state
from exporter.budget import Budget, Ledger
from exporter.model import Interrupted, Reason, SourceError
from exporter.sources.aws import Access, CostExplorer
from exporter.sources.cost_memory import CostMemory
from tests.collectors.cost_asking import AT, TODAY, Asked, account, asking, steady, values

ARN = "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: ce:GetCostAndUsage"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    with asking(simulated(TODAY), tmp_path / "s.db") as found:
        yield found


def failure(asked: Asked, at: datetime = AT, deadline: float = 30) -> SourceError:
    with pytest.raises(SourceError) as failed:
        asked.collect(at, deadline)
    return failed.value


def fault(code: str, message: str = "", status: int = 400) -> Fault:
    return Fault(code, message, status, date=format_datetime(AT, usegmt=True))


DENIED = "GetCostAndUsage is denied (AccessDeniedException); allow ce:GetCostAndUsage: docs/aws-cost.md"
UNFIT = "see whether they are complete and not expired: docs/aws-cost.md"
# What AWS answers, how often it is asked, and what the user sees: the reason, and the words.
FAULTS = {
    "denied": (fault("AccessDeniedException", ARN), 1, Reason.AUTH, DENIED),
    "wrong keys": (
        fault("UnrecognizedClientException", "The security token included in the request is invalid."),
        1,
        Reason.AUTH,
        f"AWS does not accept our credentials (UnrecognizedClientException); {UNFIT}",
    ),
    "expired": (
        fault("ExpiredTokenException"),
        1,
        Reason.AUTH,
        f"AWS does not accept our credentials (ExpiredTokenException); {UNFIT}",
    ),
    "throttled": (
        fault("ThrottlingException", "Rate exceeded"),
        2,
        Reason.RATELIMIT,
        "GetCostAndUsage is throttled (ThrottlingException); it is asked again in the next run",
    ),
    "limit": (
        fault("LimitExceededException"),
        2,
        Reason.RATELIMIT,
        "GetCostAndUsage is throttled (LimitExceededException); it is asked again in the next run",
    ),
    "not valid": (
        fault("ValidationException", f"Start is wrong\n for {ARN} 210987654321"),
        1,
        Reason.QUERY,
        "GetCostAndUsage failed (ValidationException): Start is wrong for User: *** is not authorized to perform: "
        "ce:GetCostAndUsage ***",
    ),
    "changed": (
        fault("RequestChangedException"),
        1,
        Reason.QUERY,
        "GetCostAndUsage failed (RequestChangedException): no word",
    ),
    "broken server": (
        fault("InternalFailure", "we are sorry", 500),
        2,
        Reason.QUERY,
        "GetCostAndUsage failed (InternalFailure): we are sorry",
    ),
    "no data yet": (
        fault("DataUnavailableException", "The requested data is unavailable"),
        1,
        Reason.QUERY,
        "Cost Explorer has no data of this account yet; they come within 24 hours after Cost Explorer was enabled in "
        "the console: docs/aws-cost.md",
    ),
    "malformed": (
        Fault(status=200, body=b'{"ResultsByTime": ['),
        2,
        Reason.QUERY,
        "the answer to GetCostAndUsage cannot be read (ResponseParserError); see aws.endpoint",
    ),
    "a page of HTML": (
        Fault(status=502, body=b"<html>Bad Gateway</html>"),
        2,
        Reason.QUERY,
        "GetCostAndUsage failed (502): Bad Gateway",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_the_user_sees_of_a_fault(asked: Asked, name: str) -> None:
    given, times, reason, text = FAULTS[name]
    before = asked.ledger.accounts(AT)[0].requests
    asked.server.faults = [given] * times
    error = failure(asked)
    assert (error.reason, str(error)) == (reason, text)
    assert asked.operations() == ["GetCostAndUsage"] * times
    assert asked.ledger.accounts(AT)[0].requests == before + times
    # The next run is as good as if nothing had been.
    assert values(asked.collect(), "aws_cost")["USD", "7d"] > 0


@pytest.mark.parametrize(
    "given", [fault("ThrottlingException"), fault("ServiceUnavailable", status=503), Fault(status=200, body=b"{")]
)
def test_what_fails_in_passing_is_asked_once_more_and_paid_for(asked: Asked, given: Fault) -> None:
    asked.server.faults = [given]
    asked.collect()
    assert asked.operations()[:3] == ["GetCostAndUsage", "GetCostAndUsage", "GetCostForecast"]
    assert asked.ledger.accounts(AT)[0].usd == Decimal("0.09")


@pytest.mark.parametrize(("seconds", "words"), [(1200, "1200 s behind"), (-4000, "4000 s ahead of")])
def test_a_wrong_clock_is_told(asked: Asked, seconds: int, words: str) -> None:
    theirs = format_datetime((AT + timedelta(seconds=seconds)).astimezone(UTC), usegmt=True)
    asked.server.faults = [Fault("InvalidSignatureException", "Signature expired", 400, b"", theirs)]
    error = failure(asked)
    assert error.reason is Reason.AUTH
    assert str(error) == (
        "AWS does not accept our credentials (InvalidSignatureException); "
        f"the clock of this machine is {words} AWS; set it by NTP"
    )


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with SimulatedCostExplorer(lambda: simulated(TODAY)) as server:
        asked = Asked(server, tmp_path / "s.db", Budget(20))
    object.__setattr__(asked.source._access, "endpoint", f"http://127.0.0.1:{port}")  # noqa: SLF001
    error = failure(asked)
    assert (error.reason, str(error)) == (
        Reason.CONNECT,
        "Cost Explorer cannot be reached (EndpointConnectionError); see the network, or aws.endpoint",
    )
    assert asked.ledger.accounts(AT)[0].requests == 2


def test_without_credentials_nothing_is_sent_and_nothing_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    path = tmp_path / "s.db"
    state.ensure(path)
    ledger = Ledger(path)
    ledger.configure({"aws_ce": Budget(20)}, AT)
    with SimulatedCostExplorer(lambda: simulated(TODAY)) as server:
        source = CostExplorer(Access(server.url), ledger, CostMemory(path))
        with pytest.raises(SourceError) as failed:
            source.read(30, lambda asked: asked.ask("get_cost_forecast", {}))
        assert server.requests == []
    assert failed.value.reason is Reason.AUTH
    assert str(failed.value) == "there are no AWS credentials; give a role or keys: docs/aws-cost.md"
    assert ledger.accounts(AT)[0].requests == 0
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(SourceError, match=r"^there are no usable AWS credentials \(ProfileNotFound\); give a role"):
        source.read(30, lambda asked: asked.ask("get_cost_forecast", {}))


def test_pages_are_read_to_the_end_and_each_is_paid_for(tmp_path: Path) -> None:
    given = account({day: [Amount(f"s{n}", "", Decimal(n)) for n in range(1, 4)] for day in steady()})
    with asking(given, tmp_path / "s.db", page_size=40) as asked:
        harvest = asked.collect()
        assert asked.operations().count("GetCostAndUsage") == 5
    assert values(harvest, "aws_cost")["USD", "30d"] == 30 * 6


def test_a_page_token_that_repeats_is_refused_and_nothing_is_kept(asked: Asked) -> None:
    page = Fault(status=200, body=b'{"ResultsByTime": [], "NextPageToken": "again"}')
    asked.server.faults = [page, page]
    error = failure(asked)
    assert (error.reason, str(error)) == (
        Reason.QUERY,
        "GetCostAndUsage gave the same page token twice; no figure of it is used",
    )
    assert len(asked.server.requests) == 2


def test_pages_without_end_are_refused(asked: Asked) -> None:
    asked.server.faults = [
        Fault(status=200, body=b'{"ResultsByTime": [], "NextPageToken": "%d"}' % number) for number in range(11)
    ]
    error = failure(asked)
    assert str(error) == "GetCostAndUsage has more than 10 pages; exclude record types, or use fewer tag values"
    assert len(asked.server.requests) == 10


def test_an_exhausted_budget_ends_a_run_in_the_midst(tmp_path: Path) -> None:
    with asking(simulated(TODAY), tmp_path / "s.db", budget=4) as asked:
        error = failure(asked)
        assert error.reason is Reason.BUDGET
        assert "all 4 requests of this UTC day are spent" in str(error)
        assert len(asked.operations()) == 4
        failure(asked)
        assert asked.operations() == []
        # What was paid for is not paid for again: the next day goes on where this one ended.
        following = AT + ONE_DAY
        failure(asked, following)
        assert asked.operations()[0] == "GetCostAndUsage"
        assert asked.ledger.accounts(following)[0].requests == 8


def test_a_deadline_that_is_over_sends_nothing(asked: Asked) -> None:
    error = failure(asked, deadline=0)
    assert (error.reason, str(error)) == (
        Reason.TIMEOUT,
        "the deadline was over before GetCostAndUsage was asked; give the collector a longer one",
    )
    assert asked.operations() == []


def test_after_a_stop_nothing_is_sent(asked: Asked) -> None:
    asked.source.stop()
    with pytest.raises(Interrupted):
        asked.collect()
    assert asked.operations() == []


def test_one_run_at_a_time(asked: Asked) -> None:
    def nested(_: object) -> SourceError:
        return failure(asked)

    assert str(asked.source.read(30, nested)) == ("the run before is still waiting for AWS; see the network to it")


def test_a_state_file_that_is_gone_costs_nothing(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "s.db").unlink()
    error = failure(asked)
    assert str(error) == (
        f"costs cannot be kept in the state file {tmp_path / 's.db'}: no such table: jhx_cost_daily; "
        "see what is wrong with it"
    )
    assert asked.operations() == []


def test_another_account_has_days_of_its_own(tmp_path: Path) -> None:
    for amount in ("10", "3"):
        with asking(account(steady(amount)), tmp_path / "s.db") as asked:
            assert values(asked.collect(), "aws_cost")["USD", "7d"] == 7 * int(amount)
