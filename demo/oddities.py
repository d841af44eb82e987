"""A handful of rows on purpose: statuses too rare to wait for, and mistakes for data quality to find."""

from collections.abc import Iterator
from decimal import Decimal

from demo.contract import Contract, Terms
from demo.people import Market, Person
from demo.plans import PLANS, PRO, STARTER
from demo.rows import (
    Activity,
    Application,
    Assessment,
    Ids,
    Plan,
    Recommendation,
    Row,
    Sentiment,
    Session,
    StageEvent,
    Subscription,
)
from demo.world import DAY, HOUR, MINUTE, World


class Oddities:
    """Rare and wrong rows, spread over users who have been here for a while."""

    def __init__(self, world: World, ids: Ids, users: list[Person], market: Market) -> None:
        self._now = world.now
        self._ids = ids
        self._market = market
        known = [person for person in users if person.joined < world.now - 90 * DAY and not person.is_staff]
        self._people = iter(world.source("oddities").sample(known, 20))

    def rows(self) -> Iterator[Row]:
        """All of them."""
        yield Plan(len(PLANS) + 1, "lifetime", "lifetime", Decimal("399.00"))
        yield from self._rare_subscriptions()
        yield self._canceled_without_end()
        yield from self._sessions()
        judged = self._session(50, "completed", 49)
        yield judged
        yield from self._judgements(judged)
        yield from self._traces()

    def _rare_subscriptions(self) -> Iterator[Row]:
        """One subscription each that is on trial, past due, unpaid, paused, and never completed."""
        now = self._now
        trial = Contract(self._ids, now, next(self._people), Terms(PRO), now - 4 * DAY, now + 10 * DAY)
        yield from trial.rows()
        for changes in (
            ((6, "payment_failed", "past_due"),),
            ((45, "payment_failed", "past_due"), (17, "dunning_failed", "unpaid")),
            ((12, "paused", "paused"),),
            ((66, "payment_incomplete", "incomplete"),),
        ):
            contract = Contract(self._ids, now, next(self._people), Terms(STARTER), now - 66 * DAY)
            contract.renew(now - 6 * DAY, now + 24 * DAY)
            for days, kind, status in changes:
                contract.set_status(now - days * DAY, kind, status)
            yield from contract.rows()

    def _canceled_without_end(self) -> Subscription:
        contract = Contract(self._ids, self._now, next(self._people), Terms(STARTER), self._now - 80 * DAY)
        row = next(row for row in contract.rows() if isinstance(row, Subscription))
        return row._replace(status="canceled", current_period_start=None, current_period_end=None)

    def _sessions(self) -> Iterator[Session]:
        """Interviews that nobody closed, and some that were written wrongly."""
        yield self._session(9, "in_progress")
        yield self._session(30, "in_progress")._replace(job_id=self._market.jobs[0].id, is_practice=False)
        yield self._session(52, "completed")
        yield self._session(75, "abandoned")
        yield self._session(100, "archived", 99)
        yield self._session(120, "completed", 121)
        yield self._session(150, "completed", 149)._replace(completion_percentage=130.0)
        yield self._session(200, "completed", 199)._replace(technical_accuracy=None, completion_percentage=None)

    def _session(self, hours: int, status: str, end_hours: int | None = None) -> Session:
        """A practice session that began and ended so many hours ago."""
        start = self._now - hours * HOUR
        end = None if end_hours is None else self._now - end_hours * HOUR
        return Session(
            id=self._ids.next(Session),
            user_id=next(self._people).id,
            job_id=None,
            interviewer_id=1,
            status=status,
            is_practice=True,
            created_at=start - MINUTE,
            start_time=start,
            end_time=end,
            duration=None if end is None else float(end - start),
            completion_percentage=80.0 if end else None,
            technical_accuracy=70.0 if end else None,
            behavioral_score=70.0 if end else None,
            updated_at=end or start,
        )

    def _judgements(self, session: Session) -> Iterator[Row]:
        """Values outside their scale, a label and a rating nobody knows, a validation without a judgement."""
        at = session.end_time or session.created_at
        for label, confidence, milliseconds in (("mixed", 0.8, 700.0), ("neutral", 1.2, 700.0), ("neutral", 0.8, -1.0)):
            yield Sentiment(self._ids.next(Sentiment), session.id, 0.5, at, label, confidence, milliseconds,
                            None, None, False, "sentiment-3.0")  # fmt: skip
        for score, validated in ((1.3, False), (0.8, True)):
            yield Assessment(self._ids.next(Assessment), session.id, score, validated, at, 1, 0.9,
                             None, None, at if validated else None, False, "skills-2.0")  # fmt: skip
        for user, accepted, rating in ((session.user_id, at - HOUR, 4), (session.user_id, None, 7), (None, None, 5)):
            yield Recommendation(self._ids.next(Recommendation), at, user, session.id, "practice", at,
                                 accepted, None, rating, at, "advice-2")  # fmt: skip

    def _traces(self) -> Iterator[Row]:
        """A feature and a stage that are not in the vocabulary."""
        at, user = self._now - 3 * DAY, next(self._people).id
        yield Activity(self._ids.next(Activity), user, at, "beta_chat", at)
        number = self._ids.next(Application)
        yield Application(number, self._market.jobs[0].id, user, at, "on_hold")
        yield StageEvent(self._ids.next(StageEvent), number, at, "applied")
        yield StageEvent(self._ids.next(StageEvent), number, at + HOUR, "on_hold")
