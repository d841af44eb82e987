"""A token bucket over all requests: the rate limit of the web configuration."""

from exporter.web.web_config import RateLimitSection


class Bucket:
    """Starts full, and full again when the limit changes. Runs on the one event loop, so plain numbers are enough."""

    def __init__(self) -> None:
        self._limit = RateLimitSection()
        self._tokens, self._at = 0.0, 0.0

    def take(self, limit: RateLimitSection, now: float) -> bool:
        """Take a token; `now` is in seconds of a clock that only goes forward."""
        if not limit.interval:
            return True
        if limit != self._limit:
            self._limit, self._tokens, self._at = limit, limit.burst, now
        self._tokens = min(limit.burst, self._tokens + (now - self._at) / limit.interval)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
