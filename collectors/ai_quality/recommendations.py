"""What becomes of recommendations, and what users think of them (metrics.md AI10, AI12): one pass over them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, func, not_, or_, select

from collectors.ai_quality.labels import QUARTER, QUARTER_KEY
from collectors.base import additive, ratio
from collectors.schema import Schema
from exporter.model import Label, Sample
from exporter.windows import Window, trailing

# So long a recommendation may be taken up before it is judged.
MATURITY = timedelta(days=7)
OUTCOMES = ("accepted", "dismissed", "ignored")

ACCEPTED = additive("AI10", "recommendations_accepted", "Accepted in time.", QUARTER)
MATURED = additive("AI10", "recommendations_matured", "Old enough to be judged.", QUARTER)
ACCEPTANCE = ratio(
    "AI10",
    "jobhive_recommendation_acceptance_ratio",
    "Share of the recommendations shown 7 d to 97 d ago that were accepted in their first 7 d.",
    of=(ACCEPTED, MATURED),
)
RECOMMENDATIONS = additive(
    "AI10b",
    "jobhive_recommendations",
    "Recommendations shown 7 d to 97 d ago, by what became of them in their first 7 d.",
    *(Label("outcome", OUTCOMES), QUARTER),
)
POINTS = additive("AI12", "recommendation_rating_points", "Sum of the ratings, from 0 to 1.", QUARTER)
LIKED = additive("AI12b", "recommendation_ratings_high", "Ratings of 4 and 5.", QUARTER)
RATINGS = additive("AI12c", "jobhive_recommendation_ratings", "Ratings from 1 to 5 given in the window.", QUARTER)
SATISFACTION = ratio(
    "AI12",
    "jobhive_recommendation_satisfaction_avg_ratio",
    "Mean of the ratings given in the window: 1 is 0, and 5 is 1.",
    of=(POINTS, RATINGS),
)
CSAT = ratio("AI12b", "jobhive_recommendation_csat_ratio", "Share of the ratings that are 4 or 5.", of=(LIKED, RATINGS))
RATED = additive("AI12d", "recommendations_rated", "Those that were rated.", QUARTER)
SHOWN = additive("AI12e", "jobhive_recommendations_shown", "Recommendations shown in the window.", QUARTER)
RESPONSE = ratio(
    "AI12d",
    "jobhive_recommendation_rating_response_ratio",
    "Share of the recommendations shown in the window that were rated.",
    of=(RATED, SHOWN),
)
FAMILIES = (ACCEPTANCE, RECOMMENDATIONS, SATISFACTION, CSAT, RATINGS, RESPONSE, SHOWN)


class Recommendations:
    """The recommendations of P0(at) and of nobody in particular; `base` is when each was shown.

    One that was not shown has no base and is in no window. Without the column it counts as shown when it was made.
    """

    def __init__(self, schema: Schema, at: datetime) -> None:
        self._at, self.row = at, schema.table("recommendation")
        self.base: ColumnElement[datetime] = self.row.c.created_at
        if schema.has("recommendation", "shown_at"):
            self.base = self.row.c.shown_at
        self.users = schema.users(at)

    @property
    def matured(self) -> Window:
        """The window of those that are old enough to be judged."""
        quarter = self.quarter
        return Window(QUARTER_KEY, quarter.start - MATURITY, quarter.end - MATURITY)

    @property
    def quarter(self) -> Window:
        """The window that ends at the instant."""
        return trailing(QUARTER_KEY, self._at)

    def is_accepted(self) -> ColumnElement[bool]:
        """Accepted in time, be it before it was shown."""
        return func.coalesce(self._in_time(self.row.c.accepted_at), False)

    def statement(self) -> Select[*tuple[Any, ...]]:
        """Select one row of counts, and the sum of the ratings."""
        row, accepted = self.row, self.is_accepted()
        dismissed = and_(not_(accepted), func.coalesce(self._in_time(row.c.dismissed_at), False))
        matured, shown = during(self.base, self.matured), during(self.base, self.quarter)
        valid = row.c.rating.between(1, 5)
        rated = and_(valid, during(row.c.rated_at, self.quarter))
        counted = {
            "matured": matured,
            "accepted": and_(matured, accepted),
            "dismissed": and_(matured, dismissed),
            "rated": rated,
            "liked": and_(rated, row.c.rating >= 4),
            "shown": shown,
            "responded": and_(shown, valid, row.c.rated_at < self._at),
        }
        columns = [func.count().filter(rows).label(name) for name, rows in counted.items()]
        columns.append(func.coalesce(func.sum(row.c.rating).filter(rated), 0).label("points"))
        return select(*columns).select_from(self._rows()).where(or_(matured, shown, rated), self._counts())

    def _rows(self) -> FromClause:
        return self.row.outerjoin(self.users, self.users.c.id == self.row.c.user_id)

    def _counts(self) -> ColumnElement[bool]:
        """Tell that a recommendation is of somebody who counts, or of nobody."""
        return or_(self.row.c.user_id.is_(None), self.users.c.id.is_not(None))

    def _in_time(self, instant: ColumnElement[datetime]) -> ColumnElement[bool]:
        return instant < self.base + MATURITY


def during(instant: ColumnElement[datetime], window: Window) -> ColumnElement[bool]:
    """Tell that an instant lies in a half-open window."""
    return and_(instant >= window.start, instant < window.end)


def samples(row: Row[Any]) -> Iterator[Sample]:
    """Turn the row into samples."""
    ignored = row.matured - row.accepted - row.dismissed
    for outcome, n in zip(OUTCOMES, (row.accepted, row.dismissed, ignored), strict=True):
        yield RECOMMENDATIONS.sample(n, outcome=outcome, window=QUARTER_KEY)
    counts = {ACCEPTED: row.accepted, MATURED: row.matured, RATINGS: row.rated, LIKED: row.liked}
    counts |= {SHOWN: row.shown, RATED: row.responded, POINTS: Decimal(row.points - row.rated) / 4}
    yield from (family.sample(value, window=QUARTER_KEY) for family, value in counts.items())
