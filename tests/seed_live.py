"""The original document's own writer and reader of live samples, as they stand there (metrics.md, traps 63-71)."""

import time
from typing import Any


class RealTimeAIMonitoring:
    def __init__(self, redis_client: Any) -> None:
        self.redis_client = redis_client

    def track_live_processing_metrics(self, component: str, processing_time: float, accuracy: float) -> None:
        timestamp = int(time.time())
        self.redis_client.zadd(f"ai_processing_times:{component}", {timestamp: processing_time})
        self.redis_client.zadd(f"ai_accuracy:{component}", {timestamp: accuracy})
        cutoff = timestamp - 86400
        self.redis_client.zremrangebyscore(f"ai_processing_times:{component}", "-inf", cutoff)
        self.redis_client.zremrangebyscore(f"ai_accuracy:{component}", "-inf", cutoff)

    def get_real_time_metrics(self, component: str) -> dict[str, Any]:
        recent_times = self.redis_client.zrange(f"ai_processing_times:{component}", -100, -1, withscores=True)
        recent_accuracy = self.redis_client.zrange(f"ai_accuracy:{component}", -100, -1, withscores=True)
        if not recent_times or not recent_accuracy:
            return {"error": "Insufficient data"}
        return {
            "avg_processing_time": sum(score for _, score in recent_times) / len(recent_times),
            "avg_accuracy": sum(score for _, score in recent_accuracy) / len(recent_accuracy),
        }
