"""The law as pure functions and effective-dated data: calendar, clocks, funds, benefit place, numbers, codes."""
