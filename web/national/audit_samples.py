"""`/audit/samples`: draws that were made, and the sample that the newest, or a chosen one, gives again."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import msgspec

from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.audit.questions.sample import KIND, LONGEST_SEED, MOST, Drawn, Method, WrongDraw, draw, redraw
from jinbao.platform.audit.statements.statements import said
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.views.csv_export import rows_as_csv
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.nation import Nation
from jinbao.web.page import MOST as MOST_NUMBER, Action, Asker, Done, Download, File, Page, Refused

PATH = f"{AUDIT_PATH}/samples"


class SamplesQuery(msgspec.Struct, frozen=True):
    """Which draw."""

    draw: Annotated[int, msgspec.Meta(ge=0, le=MOST_NUMBER)] = 0
    """Number of its statement; 0: the newest."""


class DrawForm(msgspec.Struct, frozen=True):
    """A draw to be made."""

    seed: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_SEED)]
    n: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    method: Method = "random"


def samples_page(nation: Nation) -> Page:
    """`/audit/samples`; the nation's transfers are shown to auditors of the nation alone."""

    def value(asker: Asker, query: SamplesQuery) -> dict[str, Any]:
        return {"as_of": formatting.iso(nation.clock.now_us()), **_samples(nation, asker, query)}

    return Page(PATH, prose("Samples"), "audit_samples.html", value, SamplesQuery)


def samples_export(nation: Nation) -> Download:
    """`/audit/samples.csv`."""

    def made(asker: Asker, query: SamplesQuery) -> File:
        found = _samples(nation, asker, query)
        heads = [asker.tr("业务", "transfer"), asker.tr("键", "key"), asker.tr("权重", "weight")]
        rows = [[one["transfer"], str(one["key"]), one["weight"]] for one in found["sample"] or ()]
        return File("sample.csv", rows_as_csv([heads, *rows]), shown="attachment")

    return Download(f"{PATH}.csv", "text/csv", made, SamplesQuery)


def draw_action(nation: Nation) -> Action:
    """Draw; the draw is an entry of the log before it is shown."""

    def act(asker: Asker, form: DrawForm) -> Done:
        if asker.user.province is not None:
            raise Refused(
                "只有国家级审计员抽取全国样本", "auditors of the nation draw from the nation's transfers", 403
            )
        try:
            with _time_for(nation, form.method):
                drawn = draw(nation.store, form.seed, form.n, form.method, asker.user.name, nation.clock.now_us())
        except WrongDraw as error:
            raise Refused(*error.words) from None
        return Done(PATH, {"population": drawn.population, "sample": [one._asdict() for one in drawn.picked]})

    return Action(PATH, act, DrawForm)


def _samples(nation: Nation, asker: Asker, query: SamplesQuery) -> dict[str, Any]:
    with nation.reading() as work:
        checkpoint = stands_on(work.bulk)
        draws = list(said(work.bulk, KIND, Drawn))[::-1]
        chosen = next((one for one in draws if query.draw in (0, one.number)), None)
    picked = None
    if chosen is not None and asker.user.province is None:
        with _time_for(nation, chosen.body.method), nation.reading() as work:
            picked = redraw(work, chosen.body)
    told = [
        {"number": one.number, "at": formatting.iso(one.recorded_at), **msgspec.to_builtins(one.body)} for one in draws
    ]
    return {
        "checkpoint": checkpoint,
        "draws": told,
        "chosen": None if chosen is None else chosen.number,
        "sample": None if picked is None else [one._asdict() for one in picked],
    }


def _time_for(nation: Nation, method: Method) -> AbstractContextManager[None]:
    """A risk is read of the whole log."""
    return nation.whole_log() if method == "risk" else nullcontext()
