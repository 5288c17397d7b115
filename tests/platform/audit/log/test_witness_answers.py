"""What strangers write to the witnesses' topics, or answer to the log, ends nobody's work."""

from __future__ import annotations

from jinbao.platform.outbox.witnessing import _with_lines
from jinbao.regional_adapter.exchange.witness import _is_of
from jinbao.transparency.check_proof import parse_policy
from jinbao.transparency.proofs import policy_text
from jinbao.transparency.signing import new_log_key


def test_a_line_that_holds_two_signatures_is_passed_over():
    key = new_log_key("jinbao")
    note = key.sign("jinbao/1\n1\nAAAA\n")
    line = note.rpartition("\n\n")[2]
    assert _with_lines(parse_policy(policy_text(key.verifier, {})), note, [line + line]) == note


def test_an_entry_of_another_table_is_no_message():
    for entry in (b'["streams",1,1,"AA==",0]', b'["intake"]', b'["intake",1,null,null,"41"]'):
        assert _is_of(entry, bytes(16), "41") is False
