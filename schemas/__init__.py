"""The contract between everybody: message types, released Avro schemas, the codec and compatibility checks."""
