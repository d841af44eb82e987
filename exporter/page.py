"""The body of /metrics: parts that were rendered once, joined per scrape.

A collector's families are rendered when its result arrives, the health series when the snapshot changes, the counters
and the accounts of paid APIs when one is touched; only `process_*` is rendered per scrape. The compressed body is one
gzip member made of raw deflate fragments, each ended by a full flush: several members in one body break curl, httpx and
browsers.
"""

import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Self

from prometheus_client import CollectorRegistry

from alerts.manager import Standing
from exporter import health, rule_health, spending
from exporter.budget import Account
from exporter.exposition import END, Block, Format, block, from_client, render
from exporter.health import Build
from exporter.model import Family, Result, Sample, Snapshot
from exporter.telemetry import Telemetry

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
RAW_DEFLATE = -15


@dataclass(frozen=True, slots=True)
class Fragment:
    """A rendered part: its text with the CRC, and the same as deflate blocks that can stand anywhere but last."""

    text: bytes
    deflated: bytes
    crc: int

    @classmethod
    def of(cls, text: bytes) -> Self:
        """Compress a text; the full flush ends its blocks at a byte and forgets what came before."""
        packer = zlib.compressobj(wbits=RAW_DEFLATE)
        return cls(text, packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH), zlib.crc32(text))

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """Put parts one behind the other."""
        found = list(parts)
        text = b"".join(part.text for part in found)
        return cls(text, b"".join(part.deflated for part in found), zlib.crc32(text))


class Page:
    """Renders snapshots; safe for scrapes in several threads."""

    def __init__(
        self,
        build: Build,
        telemetry: Telemetry,
        process: CollectorRegistry | None,
        accounts: Callable[[], tuple[Account, ...]] = tuple,
        rules: Callable[[], tuple[Standing, ...]] = tuple,
    ) -> None:
        self._lock = threading.Lock()
        self._build, self._telemetry, self._process = build, telemetry, process
        self._accounts, self._rules = accounts, rules
        self._rendered: dict[tuple[str, Format], tuple[tuple[object, ...], Fragment]] = {}

    def body(self, snapshot: Snapshot, form: Format, *, gzip: bool) -> bytes:
        """Return the page in a format, as one gzip member if `gzip`."""
        joined = self._joined(snapshot, form)
        tail = render(from_client(self._process.collect()), form) if self._process else b""
        tail += END[form]
        if not gzip:
            return joined.text + tail
        packer = zlib.compressobj(wbits=RAW_DEFLATE)
        trailer = struct.pack("<LL", zlib.crc32(tail, joined.crc), (len(joined.text) + len(tail)) & 0xFFFFFFFF)
        return GZIP_HEADER + joined.deflated + packer.compress(tail) + packer.flush() + trailer

    def prepare(self, snapshot: Snapshot) -> None:
        """Render what is new in a snapshot, so that the next scrape need not."""
        for form in Format:
            self._joined(snapshot, form)

    def own(self, snapshot: Snapshot) -> Iterator[Sample]:
        """Yield the samples of the page that speak of the daemon, which rules may ask for too."""
        return (Sample(*sample) for item in self._own(snapshot) for sample in item.samples)

    def families(self, snapshot: Snapshot) -> Iterator[Block]:
        """Yield every family that the page can have, the collectors' ones without samples."""
        for status in snapshot.statuses.values():
            yield from (block(family, ()) for family in status.families if family.is_exposed)
        yield from self._own(snapshot)

    def _own(self, snapshot: Snapshot) -> Iterator[Block]:
        process = self._process.collect() if self._process else ()
        return chain(
            health.blocks(snapshot, self._build),
            spending.blocks(self._accounts()),
            rule_health.blocks(self._rules()),
            from_client(chain(self._telemetry.metrics(), process)),
        )

    def _joined(self, snapshot: Snapshot, form: Format) -> Fragment:
        """Return all but the process's own numbers."""
        with self._lock:
            made_of = (snapshot, self._telemetry.version, self._accounts(), self._rules())
            return self._once(("joined", form), made_of, lambda: Fragment.joined(self._parts(*made_of, form)))

    def _parts(
        self,
        snapshot: Snapshot,
        version: object,
        accounts: tuple[Account, ...],
        rules: tuple[Standing, ...],
        form: Format,
    ) -> Iterator[Fragment]:
        for names in _together(snapshot):
            results = [snapshot.served[name] for name in names]
            families = snapshot.statuses[names[0]].families
            make = partial(_of_results, results, families, form)
            # A reload may change the texts of the families and keep the result.
            yield self._once((f"collectors {' '.join(names)}", form), (*results, families), make)
        of_health = partial(_of_blocks, health.blocks(snapshot, self._build), form)
        yield self._once(("health", form), (snapshot,), of_health)
        of_accounts = partial(_of_blocks, spending.blocks(accounts), form)
        yield self._once(("accounts", form), (accounts,), of_accounts)
        of_rules = partial(_of_blocks, rule_health.blocks(rules), form)
        yield self._once(("rules", form), (rules,), of_rules)
        of_counters = partial(_of_blocks, from_client(self._telemetry.metrics()), form)
        yield self._once(("counters", form), (version,), of_counters)

    def _once(self, key: tuple[str, Format], made_of: tuple[object, ...], make: Callable[[], Fragment]) -> Fragment:
        """Return what was made of the very same objects before, or make it."""
        known = self._rendered.get(key)
        if known is None or any(old is not new for old, new in zip(known[0], made_of, strict=True)):
            known = self._rendered[key] = (made_of, make())
        return known[1]


def _together(snapshot: Snapshot) -> Iterable[list[str]]:
    """Group the collectors by their families: a custom query has them on every database, a page has them once."""
    groups: dict[object, list[str]] = {}
    for name in sorted(snapshot.served):
        key = tuple(family.name for family in snapshot.statuses[name].families)
        groups.setdefault(key, []).append(name)
    return groups.values()


def _of_results(results: Iterable[Result], families: Iterable[Family], form: Format) -> Fragment:
    samples: dict[str, list[Sample]] = {}
    for sample in chain.from_iterable(result.samples for result in results):
        samples.setdefault(sample.name, []).append(sample)
    exposed = (family for family in families if family.is_exposed)
    return _of_blocks((block(family, sorted(samples.get(family.name, ()))) for family in exposed), form)


def _of_blocks(blocks: Iterable[Block], form: Format) -> Fragment:
    return Fragment.of(render(blocks, form))
