"""The store's figures for Prometheus. A label is a method, a route or a status: never a tweet, a hash or a name."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600)  # an upload may take hours

Facts = Callable[[], Mapping[str, int]]


class Figures:
    """One store's registry. `facts` are what the catalogue and the disk say whenever somebody asks."""

    def __init__(self, facts: Facts) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Facts(facts))
        self._requests = Counter(
            "fieldkit_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "fieldkit_request_seconds",
            "From a request's head to its answer's last byte",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.taken_in = Counter("fieldkit_received_bytes", "Bytes of bodies", registry=self._registry)
        self.running = Gauge("fieldkit_requests_running", "Requests under way", registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _Facts(Collector):
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield from ()  # else registering would ask the catalogue

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in self._facts().items():
            yield GaugeMetricFamily(f"fieldkit_{name}", name.replace("_", " "), value=value)
