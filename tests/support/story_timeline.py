"""The timeline of a played story in codes, one line a message: what is kept beside each story and compared."""

from __future__ import annotations

from datetime import date

from jinbao.platform.aggregates.money import Posting
from jinbao.rules.money import format_yuan
from jinbao.simulator.stories.story_file import moment_of
from jinbao.simulator.stories.story_play import Performance, Played


def timeline_lines(performance: Performance) -> list[str]:
    """The performance, one line a message; then the states, whose turn it is, and money."""
    lines, day = [], date.min
    for played in performance.timeline:
        moment = moment_of(played.at)
        if moment.date() != day:
            day = moment.date()
            lines.append(day.isoformat())
        lines.append(f"  {moment:%H:%M} {played.sender} {_words_of(played)}")
    lines.append("")
    for ending in performance.endings:
        row = ending.row
        turn = f", {row.waiting_for}'s turn" if row.waiting_for else ""
        due = f", due {row.due}" if row.due else ""
        money = ", ".join(f"{account} {format_yuan(fen)}" for account, fen in ending.money.items())
        lines.append(f"{ending.transfer}: {row.state}{turn}{due}{'; ' + money if money else ''}")
    lines.append(", ".join(f"{name} {count}" for name, count in performance.counts.items()))
    return lines


def _words_of(played: Played) -> str:
    what = played.type + (f" [{played.transfer}]" if played.transfer else "")
    outcome = f"{'waited, ' if played.waited else ''}{played.outcome}" + (f" {played.code}" if played.code else "")
    parts = [f"{what} {outcome}" + (f" ({played.field})" if played.field else "")]
    if played.fact is None:
        return parts[0]
    then = played.fact.then
    if then.state is not None:
        parts[0] += f" → {then.state}"
    parts += [f"{end.clock} {end.outcome}" for end in then.ended]
    parts += [f"{start.clock} due {start.due}" for start in then.started]
    parts += [_posted(posting) for posting in then.postings]
    if then.late:
        parts.append("reported late")
    return "; ".join(parts)


def _posted(posting: Posting) -> str:
    """What an account gains; where only the parts change, each of them."""
    total = posting.personal_fen + posting.pooling_fen + posting.unallocated_fen
    if total:
        return f"{posting.account} {_signed(total)}"
    parts = {
        "personal": posting.personal_fen,
        "pooling": posting.pooling_fen,
        "unallocated": posting.unallocated_fen,
    }
    changes = ", ".join(f"{name} {_signed(amount)}" for name, amount in parts.items() if amount)
    return f"{posting.account} reclassified ({changes})"


def _signed(amount_fen: int) -> str:
    return f"{'+' if amount_fen > 0 else ''}{format_yuan(amount_fen)}"
