"""Metrics of this process: OpenTelemetry instruments, read by Prometheus on a port of its own."""

from wsgiref.simple_server import WSGIServer

from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.view import DropAggregation, View
from prometheus_client import CollectorRegistry, start_http_server

_registry = CollectorRegistry()


def install() -> None:
    """Let every instrument of this process be measured; called once, by its entry point."""
    sizes = View(instrument_name="http.server.*.body.size", aggregation=DropAggregation())
    reader = PrometheusMetricReader(registry=_registry)
    provider = MeterProvider(
        metric_readers=[reader], views=[sizes], exemplar_filter=AlwaysOffExemplarFilter()
    )
    metrics.set_meter_provider(provider)


def serve(port: int, address: str = "127.0.0.1") -> WSGIServer:
    """Serve `/metrics` on an internal port (0 picks one), in a thread; `.server_port` says which."""
    server, _ = start_http_server(port, address, registry=_registry)
    return server
