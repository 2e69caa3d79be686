"""Counts what the gateway does, in the text form that Prometheus reads. It names no bucket or user.

Everything happens on the event loop: there is nothing to lock.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from pachlite.gateway.exchange import Exchange

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
DURATIONS_S: Final = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)
_REMEMBERED_VERSIONS: Final = 1024
_WRITING_METHODS: Final = frozenset({"PUT", "POST", "DELETE"})
_NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure that is read when it is asked for."""

    name: str
    help: str
    value: float
    is_counter: bool = False


class Metrics:
    """Observes exchanges and adds them up."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._errors: Counter[str] = Counter()
        self._durations: dict[str, list[int]] = defaultdict(lambda: [0] * (len(DURATIONS_S) + 1))
        self._total_s: Counter[str] = Counter()
        self._received_bytes = 0
        self._sent_bytes = 0
        self._commits = 0
        self._versions: dict[str, None] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Count an exchange that is over."""
        operation = exchange.operation or _NONE
        duration_s = exchange.ended_s - exchange.begun_s
        self._requests[operation, exchange.status] += 1
        self._durations[operation][bisect_left(DURATIONS_S, duration_s)] += 1
        self._total_s[operation] += duration_s  # type: ignore[assignment] # counts seconds, too
        self._received_bytes += exchange.received_bytes
        self._sent_bytes += exchange.sent_bytes
        if exchange.error_code:
            self._errors[exchange.error_code] += 1
        elif exchange.version and exchange.method in _WRITING_METHODS:
            self._count_commit(exchange.version)

    def render(self, samples: Iterable[Sample]) -> str:
        """Return everything counted so far, and what else is to be told."""
        return "".join(
            [
                *_counters(
                    "pachlite_requests_total",
                    "Requests answered; status 0: the client went away before.",
                    {
                        f'operation="{operation}",status="{status}"': count
                        for (operation, status), count in sorted(self._requests.items())
                    },
                ),
                *self._histogram(),
                *_counters(
                    "pachlite_errors_total",
                    "Errors answered.",
                    {f'code="{code}"': count for code, count in sorted(self._errors.items())},
                ),
                *(line for sample in (*self._samples(), *samples) for line in _sample(sample)),
            ]
        )

    def _samples(self) -> tuple[Sample, ...]:
        return (
            Sample(
                "pachlite_received_bytes_total", "In bodies.", self._received_bytes, is_counter=True
            ),
            Sample("pachlite_sent_bytes_total", "In bodies.", self._sent_bytes, is_counter=True),
            Sample(
                "pachlite_commits_total", "Written by S3 clients.", self._commits, is_counter=True
            ),
        )

    def _count_commit(self, version: str) -> None:
        """Count a commit once, although several requests may have written it."""
        if version in self._versions:
            return
        self._commits += 1
        self._versions[version] = None
        if len(self._versions) > _REMEMBERED_VERSIONS:
            del self._versions[next(iter(self._versions))]

    def _histogram(self) -> Iterable[str]:
        name = "pachlite_request_duration_seconds"
        yield from _heading(name, "From its head to the end of the answer.", "histogram")
        for operation, counts in sorted(self._durations.items()):
            label = f'operation="{operation}"'
            bounds = (*map(str, DURATIONS_S), "+Inf")
            for bound, count in zip(bounds, accumulate(counts), strict=True):
                yield f'{name}_bucket{{{label},le="{bound}"}} {count}\n'
            yield f"{name}_sum{{{label}}} {self._total_s[operation]:.6f}\n"
            yield f"{name}_count{{{label}}} {sum(counts)}\n"


def _counters(name: str, text: str, values: Mapping[str, int]) -> Iterable[str]:
    yield from _heading(name, text, "counter")
    for labels, value in values.items():
        yield f"{name}{{{labels}}} {value}\n"


def _sample(sample: Sample) -> Iterable[str]:
    yield from _heading(sample.name, sample.help, "counter" if sample.is_counter else "gauge")
    yield f"{sample.name} {sample.value:.15g}\n"


def _heading(name: str, text: str, kind: str) -> Iterable[str]:
    yield f"# HELP {name} {text}\n"
    yield f"# TYPE {name} {kind}\n"
