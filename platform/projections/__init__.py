"""Read models folded from the events: case board, clocks, flows, fund ledger, reconciliation, timeline."""
