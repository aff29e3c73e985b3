"""Writes lines of JSON from the standard input to a topic, one record each: as JSON, or as Avro of a schema.

    python write_topic.py shop.orders --key customer < orders.ndjson
    python write_topic.py shop.tills --key customer --schema order.avsc < orders.ndjson

KAFKA is host:port of a broker, REGISTRY the schema registry's URL (for Avro).
"""

import argparse
import json
import os
import sys
import time

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext


def serializer(schema_path):
    if schema_path is None:
        return lambda event, context: json.dumps(event).encode()
    with open(schema_path, encoding="utf-8") as file:
        schema = file.read()
    return AvroSerializer(SchemaRegistryClient({"url": os.environ["REGISTRY"]}), schema)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("topic")
    options.add_argument("--key", help="the field that becomes the record's key")
    options.add_argument("--schema", help="an Avro schema; without one it is JSON")
    options.add_argument("--rate", type=float, help="records a second; without one as fast as it goes")
    given = options.parse_args()
    serialize = serializer(given.schema)
    context = SerializationContext(given.topic, MessageField.VALUE)
    refused = []

    def delivered(error, message):
        if error is not None:
            refused.append(error)

    producer = Producer({"bootstrap.servers": os.environ["KAFKA"], "enable.idempotence": True})
    started = time.monotonic()
    for number, line in enumerate(sys.stdin):
        event = json.loads(line)
        # Of a trace that you have begun: the event is followed through all stages.
        headers = {"traceparent": event.pop("traceparent")} if "traceparent" in event else None
        if given.rate is not None:
            time.sleep(max(0.0, started + number / given.rate - time.monotonic()))
        while True:
            try:
                producer.produce(
                    given.topic,
                    key=event[given.key] if given.key else None,
                    value=serialize(event, context),
                    headers=headers,
                    on_delivery=delivered,
                )
                break
            except BufferError:  # As much waits as may wait.
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()
    if refused:
        return f"{len(refused)} records were not taken: {refused[0]}"


if __name__ == "__main__":
    sys.exit(main())
