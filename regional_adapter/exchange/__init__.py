"""Between the bus and a province's local system: documents become messages, messages become documents."""
