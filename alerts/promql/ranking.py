"""The largest and smallest samples: of equal ones those that Prometheus takes, whose heap this is."""

import math
import operator
from collections.abc import Callable

from alerts.promql.samples import Sample, Vector

Before = Callable[[float, float], bool]


def largest(samples: Vector, count: int) -> Vector:
    """Return the largest samples in descending order, NaN last."""
    kept = _kept(samples, count, operator.lt)
    return sorted(kept, key=lambda sample: (math.isnan(sample.value), -sample.value))


def smallest(samples: Vector, count: int) -> Vector:
    """Return the smallest samples in ascending order, NaN last."""
    kept = _kept(samples, count, operator.gt)
    return sorted(kept, key=lambda sample: (math.isnan(sample.value), sample.value))


def _kept(samples: Vector, count: int, worse: Before) -> list[Sample]:
    heap: list[Sample] = []
    for sample in samples:
        if len(heap) == count:
            worst = heap[0].value
            if not (worse(worst, sample.value) or math.isnan(worst)):
                continue
            _pop(heap, worse)
        _push(heap, sample, worse)
    return heap


def _push(heap: list[Sample], sample: Sample, worse: Before) -> None:
    heap.append(sample)
    child = len(heap) - 1
    while child and _less(heap, child, parent := (child - 1) // 2, worse):
        heap[child], heap[parent] = heap[parent], heap[child]
        child = parent


def _pop(heap: list[Sample], worse: Before) -> None:
    heap[0], heap[-1] = heap[-1], heap[0]
    heap.pop()
    parent = 0
    while (child := 2 * parent + 1) < len(heap):
        if child + 1 < len(heap) and _less(heap, child + 1, child, worse):
            child += 1
        if not _less(heap, child, parent, worse):
            break
        heap[child], heap[parent] = heap[parent], heap[child]
        parent = child


def _less(heap: list[Sample], one: int, other: int, worse: Before) -> bool:
    return math.isnan(heap[one].value) or worse(heap[one].value, heap[other].value)
