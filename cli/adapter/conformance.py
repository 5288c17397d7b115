"""`jinbao adapter conformance`: says whether a province's adapter, in whatever language, is ready for the nation."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jinbao.cli.adapter.mapping import MappingOption, named_mapping
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_table, progress
from jinbao.conformance.case_file import load_cases
from jinbao.conformance.config import ConformanceConfig, load_conformance_config
from jinbao.conformance.driver_process import DriverProcess
from jinbao.conformance.harness import Harness
from jinbao.conformance.kit import Report, run_cases
from jinbao.conformance.run_driver import serve_instructions
from jinbao.language.words import Translator
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError

HELP = prose("Say whether a province's adapter is ready")
DRIVER_HELP = prose("Drive our own adapter for the conformance kit")


def conformance(
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", help=prose("Configuration of the run (TOML)"))] = None,
    province: Annotated[
        str | None, typer.Option("--province", metavar="PP", help=prose("Code of the province, e.g. 41"))
    ] = None,
    bus: BusOption = None,
    stimulus: Annotated[
        str | None, typer.Option("--stimulus", metavar="CMD", help=prose("Command that drives the province"))
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run every case; exit 0 only where every required case was run and passed."""
    tr = translator(ctx)
    settings = _settings(config, province, bus, stimulus)
    beside = None if config is None else config.parent
    mapping = None if beside is None or settings.mapping is None else beside / settings.mapping
    with _folder(data) as folder:
        url = settings.bus or f"embedded:///{folder / 'bus.sqlite'}"
        times = settings.timeout_s, settings.quiet_s
        cases = load_cases()
        with (
            closing(Harness(folder, url, settings.province, *times, settings.keys)) as harness,
            closing(DriverProcess(settings.stimulus, settings.timeout_s, beside)) as candidate,
            progress(tr("用例", "cases"), sum(case.role in settings.roles for case in cases)) as advance,
        ):
            report = run_cases(harness, candidate, cases, settings.roles, mapping, advance)
    if as_json:
        print_json(_as_json(tr, report))
    else:
        _print(tr, report)
    if not report.certified:
        raise typer.Exit(1)


def conformance_driver(ctx: typer.Context, mapping: MappingOption = None, data: DataOption = None) -> None:
    """Read instructions from standard input, a JSON object a line, and answer each on standard output."""
    forms = None if mapping is None else named_mapping(translator(ctx), mapping, as_json=False)
    with _folder(data) as folder:
        serve_instructions(folder, sys.stdin.buffer, sys.stdout.buffer, forms)


def _settings(config: Path | None, province: str | None, bus: str | None, stimulus: str | None) -> ConformanceConfig:
    if config is not None:
        if province or bus or stimulus:
            raise UserError(
                "--config 已包含全部设置，不能与 --province、--bus、--stimulus 同用",
                "--config holds all settings: leave --province, --bus and --stimulus out",
            )
        return load_conformance_config(config)
    if province is None or stimulus is None:
        raise UserError(
            "请用 --config 指明配置，或用 --province 和 --stimulus 指明省份和驱动命令",
            "name a configuration by --config, or a province and its driver by --province and --stimulus",
        )
    check_province(province)
    return ConformanceConfig(province=province, bus=bus, stimulus=stimulus)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder that was named, or one of the run's own that is removed."""
    if data is not None:
        yield data.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="jinbao-conformance-") as made:
        yield Path(made)


def _as_json(tr: Translator, report: Report) -> dict[str, Any]:
    return {
        "certified": report.certified,
        "province": report.province,
        "roles": report.roles,
        "kit": report.kit,
        "schemas": report.schemas,
        "mapping": report.mapping,
        "cases": [
            {
                "id": result.case.id,
                "role": result.case.role,
                "required": result.case.required,
                "verdict": result.verdict,
                "expected": tr(*result.expected),
                "seen": tr(*result.seen),
            }
            for result in report.results
        ],
    }


def _print(tr: Translator, report: Report) -> None:
    roles = {"destination": tr("转入地", "destination"), "origin": tr("转出地", "origin")}
    verdicts = {"passed": tr("通过", "passed"), "failed": tr("未通过", "failed"), "not_run": tr("未运行", "not run")}
    rows = [
        (
            result.case.id,
            roles[result.case.role],
            tr(result.case.title_zh, result.case.title_en),
            tr("必需", "required") if result.case.required else tr("可选", "optional"),
            verdicts[result.verdict],
        )
        for result in report.results
    ]
    print_table(_columns(tr), rows)
    for result in report.results:
        if result.verdict != "passed":
            print_line(f"{result.case.id}: {verdicts[result.verdict]}")
            print_line(f"  {tr('应为', 'expected')}: {tr(*result.expected)}")
            print_line(f"  {tr('实见', 'seen')}: {tr(*result.seen)}")
    for name, value in (("kit", report.kit), ("schemas", report.schemas), ("mapping", report.mapping or "-")):
        print_line(f"{name} {value}")
    print_line(tr("合格", "certified") if report.certified else tr("不合格", "not certified"))


def _columns(tr: Translator) -> list[str]:
    return [tr("用例", "case"), tr("角色", "role"), tr("内容", "about"), tr("要求", "need"), tr("结果", "verdict")]
