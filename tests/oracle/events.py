"""The event view (metrics.md 4.2): who began to pay and who ceased to, from change to change of each customer."""

from collections import Counter
from datetime import datetime, timedelta

from tests.oracle.measures import Scope, Window, windows
from tests.oracle.objects import customer, end, log, paid_active, paid_start, start

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def expected_events(scope: Scope) -> dict[str, dict[str, int]]:
    return {name: told(scope, window) for name, window in windows(scope).items()}


def pays(scope: Scope, who: tuple[str, int], at: datetime) -> bool:
    """In the left limit."""
    return any(
        paid_active(scope.world, sub, at, scope.settings) for sub in scope.subs if customer(sub, scope.settings) == who
    )


def changes(scope: Scope, who: tuple[str, int]) -> list[datetime]:
    grace, found = scope.settings.dunning_grace, set()
    for sub in scope.subs:
        if customer(sub, scope.settings) == who:
            logged = [event.occurred_at for event in log(scope.world, sub)]
            own = [start(sub), end(sub), sub.trial_end, sub.past_due_since]
            found |= {at for at in (*logged, *own) if at}
    return sorted(found | {at + grace for at in found})


def told(scope: Scope, window: Window) -> dict[str, int]:
    opened, closed = window
    counted = Counter({"joined": 0, "returned": 0, "left": 0})
    for who in {customer(sub, scope.settings) for sub in scope.subs}:
        firsts = [
            paid_start(scope.world, sub, scope.settings) for sub in scope.subs if customer(sub, scope.settings) == who
        ]
        first = min((found[0] for found in firsts if found), default=None)
        periods: list[list[datetime | None]] = []
        for at in (at for at in changes(scope, who) if at < closed):
            paying = pays(scope, who, at + TICK)
            if paying and (not periods or periods[-1][1]):
                last = periods[-1][1] if periods else None
                if last and at - last <= 3 * DAY:
                    periods[-1][1] = None
                else:
                    periods.append([at, None])
            elif not paying and periods and not periods[-1][1]:
                periods[-1][1] = at
        for began, ended in periods:
            if began and opened <= began:
                counted["joined" if first is None or first >= began else "returned"] += 1
            if ended and opened <= ended:
                counted["left"] += 1
    return dict(counted)
