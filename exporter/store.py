"""The one shared mutable object: the latest status of every collector, read as frozen snapshots."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from exporter.contract import Contract
from exporter.model import Attempt, ExporterError, Failure, Note, Result, Snapshot, Status

RECENT = 20


class UnknownCollector(ExporterError):
    """A run ended of a collector that a reload has removed meanwhile."""


class Store:
    """Results go in whole or not at all; snapshots come out frozen. One lock guards both."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self._contracts: Mapping[str, Contract] = {}
        self._statuses: dict[str, Status] = {}
        self._snapshot = Snapshot(now, {}, {})

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The terms of the configured collectors."""
        return self._contracts

    def configure(
        self,
        contracts: Iterable[Contract],
        disabled: tuple[Note, ...],
        thresholds: Mapping[str, float],
        now: datetime,
        definitions: Mapping[str, int] | None = None,
    ) -> None:
        """Take a new set of collectors; what kept its meaning keeps its status, what is gone loses it."""
        with self._lock:
            before, self._contracts = (
                self._contracts,
                {contract.collector: contract for contract in contracts},
            )
            self._statuses = {
                name: self._carried(contract, before.get(name)) for name, contract in self._contracts.items()
            }
            self._snapshot = replace(
                self._snapshot, disabled=disabled, thresholds=thresholds, definitions=definitions or {}
            )
            self._publish(now)

    def put(self, result: Result, contract: Contract) -> None:
        """Publish a result made under `contract`; raises InvalidResult and keeps the last good one if it is bad."""
        contract.check(result)
        with self._lock:
            self._require(contract)
            attempt = Attempt(result.ended, result.duration)
            self._set(_after(self._statuses[result.collector], attempt, result=result, failure=None), result.ended)

    def fail(self, contract: Contract, failure: Failure) -> None:
        """Record a failed run; the last good result stays until it is too old."""
        with self._lock:
            self._require(contract)
            attempt = Attempt(failure.ended, failure.duration, failure.reason)
            self._set(_after(self._statuses[contract.collector], attempt, failure=failure), failure.ended)

    def restore(self, result: Result, failure: Failure | None, now: datetime) -> None:
        """Take back a result with its outcome from before a restart; raises InvalidResult if it no longer fits."""
        contract = self._contracts[result.collector]
        contract.check(result)
        with self._lock:
            self._set(replace(self._statuses[result.collector], result=result, failure=failure), now)

    def snapshot(self, now: datetime) -> Snapshot:
        """Return what may be served at `now`: results that grew too old meanwhile are gone."""
        with self._lock:
            if any(self._statuses[name].stale(now) for name in self._snapshot.served):
                self._publish(now)
            return self._snapshot

    def _carried(self, contract: Contract, before: Contract | None) -> Status:
        fresh = Status(contract.collector, contract.families, contract.max_staleness, contract.required)
        if before is None or before.fingerprint != contract.fingerprint:
            return fresh
        kept = self._statuses[contract.collector]
        return replace(fresh, result=kept.result, failure=kept.failure, recent=kept.recent)

    def _require(self, contract: Contract) -> None:
        known = self._contracts.get(contract.collector)
        if known is None or known.fingerprint != contract.fingerprint:
            raise UnknownCollector(f"collector {contract.collector} was removed or redefined while it ran")

    def _set(self, status: Status, now: datetime) -> None:
        self._statuses[status.collector] = status
        self._publish(now)

    def _publish(self, now: datetime) -> None:
        statuses = dict(self._statuses)
        served = {name: status.result for name, status in statuses.items() if status.result and not status.stale(now)}
        self._snapshot = replace(self._snapshot, changed=now, statuses=statuses, served=served)


def _after(status: Status, attempt: Attempt, **outcome: Any) -> Status:
    return replace(status, recent=(*status.recent, attempt)[-RECENT:], **outcome)
