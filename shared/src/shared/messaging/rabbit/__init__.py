"""The bus between processes: RabbitMQ, with one durable topic exchange and one quorum queue per service."""

from shared.messaging.rabbit.bus import RabbitBus

__all__ = ["RabbitBus"]
