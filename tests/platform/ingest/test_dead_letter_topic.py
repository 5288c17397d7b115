"""What cannot be read also goes to the topic of dead letters, as it came, with the reason in its headers."""

from __future__ import annotations

from dataclasses import replace

from jinbao.platform.outbox.relay import MOST_BYTES
from jinbao.schemas import messages as m
from jinbao.schemas.codec import MAX_BYTES


def dead_letters(platform):
    reader = platform.bus.consumer([m.DEAD_LETTERS_TOPIC], "test")
    try:
        reader.seek((m.DEAD_LETTERS_TOPIC, 0), 0)
        return reader.poll(100)
    finally:
        reader.close()


def test_it_arrives_with_its_bytes_its_own_headers_and_the_reason(platform, transfer):
    sent = platform.record(transfer.apply())
    broken = replace(sent, value=sent.value[:-1] + b"?")
    platform.producer.send([broken])
    platform.run()
    [found] = dead_letters(platform)
    [(partition, offset)] = platform.rows("SELECT partition, bus_offset FROM intake")
    assert (found.key, found.value) == (broken.key, broken.value)
    assert found.headers == (
        ("jinbao-dead-letter-code", b"DIGEST_MISMATCH"),
        ("jinbao-dead-letter-field", b""),
        ("jinbao-dead-letter-from", b"jinbao.submissions/%d/%d" % (partition, offset)),
        ("jinbao-dead-letter-received-at", b"%d" % platform.now),
        *broken.headers,
    )


def test_neither_a_huge_value_nor_huge_headers_stop_the_relay(platform, transfer):
    """Kafka takes 1 MiB from others, and with the reason added a record would grow beyond it."""
    platform.send_raw(b"x" * (MAX_BYTES + 100_000), key=b"large")
    platform.send_raw(b"garbage", key=b"long", headers=(("note", b"n" * MOST_BYTES), ("ce_id", b"7")))
    platform.take(transfer.apply())
    by_key = {record.key: record for record in dead_letters(platform)}
    large, long = by_key[b"large"], by_key[b"long"]
    assert (large.value, dict(large.headers)["jinbao-dead-letter-omitted-bytes"]) == (b"", b"1000000")
    assert long.value == b"garbage"
    assert dict(long.headers).keys() == {*(name for name, _ in large.headers[:4]), "ce_id"}
    assert [len(data) for (data,) in platform.rows("SELECT bytes FROM intake WHERE outcome = 5")] in (
        [1_000_000, 7],
        [7, 1_000_000],
    )
