"""Prints what topics of a pipeline hold, every record once, as lines of JSON.

    python read_topics.py orders.enriched orders.windows orders.alerts
    python read_topics.py --to-end --group nightly orders.aggregated

KAFKA is host:port of a broker, REGISTRY the schema registry's URL.
"""

import argparse
import json
import os
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

registry = SchemaRegistryClient({"url": os.environ["REGISTRY"]})
# Without a schema of its own it takes the one that each record names: a topic holds several kinds of records.
deserialize = AvroDeserializer(registry)


def record_name(value: bytes) -> str:
    """What the record is: Enriched, Rejected, Window_per_city … Its schema's id is behind the first byte."""
    schema = registry.get_schema(int.from_bytes(value[1:5], "big"))
    return json.loads(schema.schema_str)["name"]


class News:
    """Knows repeats: a service that was killed may write its last records again, the same ones in the same order.

    Keep it together with what you make of the records, if that has to be exact over restarts of your own.
    """

    def __init__(self):
        self.last = {}

    def has(self, topic: str, partition: int, record: dict) -> bool:
        # Windows, alerts and partials are numbered within the record that caused them, by each of their writers.
        writer = (topic, partition, record.get("lane_writer", 0))
        number = (record["lane_seq"], record.get("lane_index", 0))
        if number <= self.last.get(writer, (-1, -1)):
            return False
        self.last[writer] = number
        return True


def messages(consumer: Consumer, topics: list[str], to_end: bool):
    """Messages of the topics; with to_end, as many as they hold now."""
    partitions = sum(len(consumer.list_topics(topic, timeout=30).topics[topic].partitions) for topic in topics)
    ended = set()
    consumer.subscribe(topics)
    while not (to_end and len(ended) == partitions):
        message = consumer.poll(1.0)
        if message is None:
            continue
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add((message.topic(), message.partition()))
        else:
            raise KafkaException(error)


def as_json(value):
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.isoformat()  # timestamp-millis


def main():
    options = argparse.ArgumentParser()
    options.add_argument("topics", nargs="+")
    options.add_argument("--group", default="read-topics", help="who reads: it goes on where it was")
    options.add_argument("--to-end", action="store_true", help="end where the topics end")
    given = options.parse_args()
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["KAFKA"],
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": given.to_end,
        }
    )
    news = News()
    try:
        for message in messages(consumer, given.topics, given.to_end):
            topic, partition, value = message.topic(), message.partition(), message.value()
            record = deserialize(value, SerializationContext(topic, MessageField.VALUE))
            if not news.has(topic, partition, record):
                continue
            line = {
                "topic": topic,
                "partition": partition,
                "offset": message.offset(),
                "key": message.key() and message.key().decode(),
                "timestamp": message.timestamp()[1],
                "headers": {name: text.decode() for name, text in message.headers() or []},
                "name": record_name(value),
                "record": record,
            }
            print(json.dumps(line, default=as_json, ensure_ascii=False))
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    sys.exit(main())
