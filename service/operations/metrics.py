"""What is counted and timed, in the text format of Prometheus. Labels are templates, words and grades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from service.deadline import require_time

REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STAGE_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
UNKNOWN_GRADE = "none"
Facts = Mapping[str, str]
Gauges = Callable[[], Iterable[tuple[str, str, Facts, float]]]  # name, help, labels, value


class Metrics:
    """Of one process. Safe to use from several threads."""

    def __init__(self, present: Gauges) -> None:
        """`present` gives what is only looked at when somebody asks: depths, lengths, what is in force."""
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "assetlight_request_seconds",
            "Time to the last byte of the answer, by route template",
            ("method", "route", "status"),
            buckets=REQUEST_SECONDS,
            registry=self.registry,
        )
        self._requests: dict[tuple[str, str, int], Histogram] = {}  # found again for every request
        self.stages = Histogram(
            "assetlight_stage_seconds",
            "Time of each stage of an assessment",
            ("stage",),
            buckets=STAGE_SECONDS,
            registry=self.registry,
        )
        self.decisions = Counter(
            "assetlight_decisions",
            "Assessments that were kept, by outcome and grade",
            ("outcome", "grade"),
            registry=self.registry,
        )
        self.not_as_told = Counter(
            "assetlight_not_as_told",
            "Times that somebody was refused because a row is not as the ledger says, by table",
            ("table",),
            registry=self.registry,
        )
        self.not_as_told.labels("api_keys")
        self.in_flight = Gauge("assetlight_requests_in_flight", "Requests being answered", registry=self.registry)
        self.registry.register(_Present(present))
        ProcessCollector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route`: a template, so that the labels are few."""
        of_these = self._requests.get((method, route, status))
        if of_these is None:
            of_these = self._requests[method, route, status] = self.requests.labels(method, route, str(status))
        of_these.observe(seconds)

    def decided(self, outcome: str, grade: str | None) -> None:
        """An assessment was kept."""
        self.decisions.labels(outcome, grade or UNKNOWN_GRADE).inc()

    def stopwatch(self) -> Stopwatch:
        """Times the stages of one piece of work, from now on."""
        return Stopwatch(self.stages)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)


class Stopwatch:
    """Told the end of each stage, it counts the time since the one before; a request out of time goes no further."""

    def __init__(self, stages: Histogram) -> None:
        self._stages = stages
        self._since = perf_counter()

    def __call__(self, stage: str) -> None:
        """A stage has ended. Raises DeadlinePassed."""
        now = perf_counter()
        self._stages.labels(stage).observe(now - self._since)
        self._since = now
        require_time()


class _Present(Collector):
    def __init__(self, present: Gauges) -> None:
        self._present = present

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, words, labels, value in self._present():
            if name not in families:
                families[name] = GaugeMetricFamily(name, words, labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        return families.values()
