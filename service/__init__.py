"""What every long-running program shares: settings, wiring, loops, shutdown, logs, health, metrics. Prints nothing."""
