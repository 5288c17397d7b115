"""Stories: told cases, each message in a line, played on a real platform."""
