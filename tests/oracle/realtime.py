"""Metrics.md 4.9 by brute force: loops over (key, score, member), fractions for the arithmetic, nothing of the code."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

Key = tuple[str, frozenset[tuple[str, str]]]
MINUTE, HOUR, DAY = 60, 3600, 86400
WINDOWS = {"5m": 5 * MINUTE, "1h": HOUR}
FORM = re.compile(r"(?s)([^:]*):(.+):([^:]*)")
TIMES, ACCURACIES = "ai_processing_times:", "ai_accuracy:"


class Entry(NamedTuple):
    """A member of a sorted set."""

    key: str
    score: float
    member: str


class Answer(NamedTuple):
    """All samples, and how many members were dropped by check."""

    values: dict[Key, float]
    dropped: dict[str, int]


def as_number(text: str) -> float | None:
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def judge(member: str, most: float) -> float | str:
    """The value of a member, or what is wrong with it."""
    form = FORM.fullmatch(member)
    if form is None or as_number(form[1]) is None:
        return "legacy_member"
    value = as_number(form[3])
    if value is None or not 0 <= value <= most or value == float("inf"):
        return "sample_invalid"
    return value


def interpolated(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    whole, part = divmod((len(ordered) - 1) * share, 1)
    if part == 0:
        return ordered[int(whole)]
    low, high = ordered[int(whole)], ordered[int(whole) + 1]
    return low * (1 - part) + high * part


def regression(samples: list[tuple[float, float]]) -> Fraction:
    times = [Fraction(t) for t, _ in samples]
    values = [Fraction(v) for _, v in samples]
    mean_t, mean_v = sum(times) / len(times), sum(values) / len(values)
    top = sum((t - mean_t) * (v - mean_v) for t, v in zip(times, values, strict=True))
    return Fraction(top / sum((t - mean_t) ** 2 for t in times))


def realtime(entries: list[Entry], wrong_keys: set[str], configured: list[str], at: float, percent: bool) -> Answer:
    """Answer for an instant, given in seconds since the epoch."""
    answer = Answer({}, {"legacy_member": 0, "sample_invalid": 0})
    names = list(configured)
    for name in sorted({key.partition(":")[2] for key in {e.key for e in entries} | wrong_keys}):
        if name not in names and re.fullmatch("[a-z0-9_]{1,64}", name):
            names.append(name)
    for name in names[:50]:
        of_component(answer, name, entries, wrong_keys, at, percent)
    return answer


def of_component(
    answer: Answer, name: str, entries: list[Entry], wrong_keys: set[str], at: float, percent: bool
) -> None:
    newest: list[float] = []
    in_last_hour = 0
    for prefix in (TIMES, ACCURACIES):
        if prefix + name in wrong_keys:
            answer.dropped["sample_invalid"] += 1
            continue
        unit = 100 if percent and prefix == ACCURACIES else 1
        samples = sorted(valid(answer, [e for e in entries if e.key == prefix + name], at, prefix == TIMES, unit))
        newest += [t for t, _ in samples]
        in_last_hour += sum(1 for t, _ in samples if at - HOUR <= t < at)
        for window, length in WINDOWS.items():
            inside = [(t, v) for t, v in samples if at - length <= t < at]
            of_window(answer.values, name, window, length, inside, prefix == TIMES)
        if prefix == TIMES:
            spike(answer.values, name, samples, at)
    if newest:
        answer.values["jobhive_ai_last_sample_timestamp_seconds", frozenset({("component", name)})] = max(newest)
    answer.values["jobhive_ai_realtime_data_available", frozenset({("component", name)})] = 1 if in_last_hour else 0


def valid(answer: Answer, entries: list[Entry], at: float, times: bool, unit: int) -> Iterator[tuple[float, float]]:
    """The samples of a key, divided by their unit; what is none is counted where a run looks at it."""
    for entry in entries:
        if entry.score < at - 2 * DAY:
            answer.dropped["legacy_member"] += 1
        elif entry.score >= at + 60:
            answer.dropped["sample_invalid"] += 1
        elif isinstance(found := judge(entry.member, float("inf") if times else unit), str):
            if at - (DAY if times else HOUR) <= entry.score < at:
                answer.dropped[found] += 1
        else:
            yield entry.score, found / unit


def of_window(
    values: dict[Key, float], name: str, window: str, length: int, inside: list[tuple[float, float]], times: bool
) -> None:
    labels = frozenset({("component", name), ("window", window)})

    def put(family: str, value: float) -> None:
        values["jobhive_ai_" + family, labels] = value

    put("processing_samples" if times else "realtime_accuracy_samples", len(inside))
    if not inside:
        return
    only = [v for _, v in inside]
    mean = sum(Fraction(v) for v in only) / len(only)
    put("processing_time_avg_seconds" if times else "realtime_accuracy_avg_ratio", float(mean))
    if times:
        put("processing_time_p50_seconds", interpolated(only, 0.5))
        put("processing_time_max_seconds", max(only))
        if len(only) >= 20:
            put("processing_time_p95_seconds", interpolated(only, 0.95))
        if len(only) >= 100:
            put("processing_time_p99_seconds", interpolated(only, 0.99))
    if len(inside) < 10 or inside[-1][0] - inside[0][0] < length / 4:
        return
    slope = regression(inside)
    if times:
        put("processing_time_slope_seconds_per_second", float(slope))
    if mean:
        put("processing_time_trend_ratio" if times else "realtime_accuracy_trend_ratio", float(slope * length / mean))


def spike(values: dict[Key, float], name: str, samples: list[tuple[float, float]], at: float) -> None:
    now = [v for t, v in samples if at - 5 * MINUTE <= t < at]
    usual = []
    upper = at - 10 * MINUTE
    while upper > at - DAY:
        inside = [v for t, v in samples if upper - 5 * MINUTE <= t < upper]
        if len(inside) >= 20:
            usual.append(interpolated(inside, 0.95))
        upper -= 5 * MINUTE
    if len(now) < 20 or len(usual) < 24:
        return
    baseline = interpolated(usual, 0.5)
    if baseline:
        family = "jobhive_ai_processing_time_spike_ratio"
        values[family, frozenset({("component", name)})] = interpolated(now, 0.95) / baseline
