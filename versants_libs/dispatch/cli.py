"""``versants plan``: the library on files. :func:`main` takes what follows ``plan``.

With ``--json`` standard output is one JSON value; all else goes to standard error. Exits: 0 done or holds,
1 the answer is no, 2 bad input, 3 surroundings, 130 interrupted (the best plan so far is written).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from .benchmarks import FORMATS, Benchmark
from .checking import check
from .desk import explain, rank, suggest_times
from .differences import diff
from .drawing import gantt
from .errors import FormatError, InstanceError
from .evaluation import evaluate
from .io import (
    assignment_to_json,
    dumps,
    plan_from_json,
    plan_to_json,
    problem_from_json,
    problem_to_json,
    read_text,
)
from .page import sheet
from .patching import PatchRefused, apply_patch, locate, pointer
from .problem import Plan, Problem, Service
from .repairing import events_from_json, repair
from .results import Patch, Progress
from .solving import ENGINE, EngineMissing, solve
from .stopping import AnyOf, MaxIterations, MaxSeconds, StopRule

__all__ = ["main"]

DONE, NO, BAD_INPUT, SURROUNDINGS, INTERRUPTED = 0, 1, 2, 3, 130
DEFAULT_SECONDS = 10.0


class _Refusal(Exception):
    """Ends the command with a sentence and an exit code."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises on bad input."""
    words = list(sys.argv[1:] if argv is None else argv)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "check": _check,
        "rank": _rank,
        "explain": _explain,
        "suggest": _suggest,
        "diff": _diff,
        "patch": _patch,
        "repair": _repair,
    }
    command = words[0] if words and words[0] in commands else None
    try:
        args = _parser(command).parse_args(words[1:] if command else words)
        return commands[command](args) if command else _plan(args)
    except SystemExit as exc:  # argparse has said why
        return exc.code if isinstance(exc.code, int) else BAD_INPUT
    except _Refusal as exc:
        sys.stderr.write(f"{exc}\n")
        return exc.code


def _parser(command: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="versants plan" + (f" {command}" if command else ""),
        description=None
        if command
        else "Make a plan. Other commands: versants plan check|rank|explain|suggest|repair|diff|patch -h",
    )
    if command == "diff":
        parser.add_argument("before", type=Path, metavar="A")
        parser.add_argument("after", type=Path, metavar="B")
    elif command == "patch":
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("patch", type=Path, metavar="PATCH", help="JSON Patch, RFC 6902")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE2")
    else:
        parser.add_argument("instance", type=Path, metavar="INSTANCE")
        if command is not None:
            parser.add_argument("plan", type=Path, metavar="PLAN")
        if command in ("rank", "explain", "suggest"):
            parser.add_argument("visit", metavar="VISIT")
        if command == "repair":
            parser.add_argument("events", type=Path, metavar="EVENTS", help="what happened, a JSON list")
            parser.add_argument(
                "--max-changes", type=_count, default=3, metavar="K", help="other visits that may change"
            )
            parser.add_argument("--seconds", type=float, default=1.0, metavar="S")
            parser.add_argument("--iterations", type=_count, default=4_000, metavar="N")
            parser.add_argument("--seed", type=int, default=0, metavar="N")
            parser.add_argument("--out", type=Path, metavar="PLAN2", help="the mended plan")
            parser.add_argument(
                "--out-instance", type=Path, metavar="I2", help="the problem after the events"
            )
        if command == "rank":
            parser.add_argument("--top", type=_count, default=10, metavar="N")
        if command == "suggest":
            parser.add_argument("--limit", type=_count, default=3, metavar="N")
        if command is None:
            _plan_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    return parser


def _plan_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="versants", choices=["versants", *FORMATS])
    parser.add_argument("--seconds", type=float, metavar="S", help=f"default {DEFAULT_SECONDS:.0f}")
    parser.add_argument("--iterations", type=_count, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--threads", type=_count, default=1, metavar="N", help="searches side by side")
    parser.add_argument("--engine", default="auto", choices=["auto", "native", "python"])
    parser.add_argument("--start", type=Path, metavar="PLAN", help="begin with this plan")
    parser.add_argument("--trace", type=Path, metavar="CSV", help="each new best: iteration,seconds,cost")
    parser.add_argument("--draw", type=Path, metavar="FILE", help="the plan drawn: .svg or .html")
    parser.add_argument("--out", type=Path, required=True, metavar="PLAN")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


# Files


def _load(path: Path) -> tuple[str, Any]:
    """Text and JSON value of a file."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise _Refusal(BAD_INPUT, f"{path}: there is no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        raise _Refusal(BAD_INPUT, f"{path}: cannot be read as UTF-8 text ({exc})") from exc
    try:
        return text, json.loads(text)
    except json.JSONDecodeError as exc:
        message = f"{path}:{exc.lineno}:{exc.colno}: not JSON: {exc.msg}"
        raise _Refusal(BAD_INPUT, message) from exc
    except RecursionError:
        raise _Refusal(BAD_INPUT, f"{path}:1:1: lists or objects are nested too deeply") from None


@contextmanager
def _located(path: Path, text: str, value: Any) -> Iterator[None]:
    """Give a format error its line and column."""
    try:
        yield
    except FormatError as exc:
        line, column = locate(text, exc.path)
        raise _Refusal(BAD_INPUT, f"{path}:{line}:{column}: {exc.message}") from exc
    except InstanceError as exc:
        line, column = locate(text, _where(value, exc.ids))
        raise _Refusal(BAD_INPUT, f"{path}:{line}:{column}: {exc}") from exc


def _where(value: Any, ids: Sequence[str]) -> tuple[str, ...]:
    for kind in ("visits", "people"):
        for one in ids:
            if isinstance(value, dict) and isinstance(value.get(kind), dict) and one in value[kind]:
                return (kind, one)
    return ()


def _problem(path: Path) -> Problem:
    text, value = _load(path)
    with _located(path, text, value):
        return problem_from_json(value)


def _benchmark(path: Path, name: str) -> Benchmark:
    text, value = _load(path)
    with _located(path, text, value):
        return FORMATS[name](value)


def _read_plan(path: Path) -> Plan:
    text, value = _load(path)
    with _located(path, text, value):
        return plan_from_json(value)


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing of it."""
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise _Refusal(SURROUNDINGS, f"{path}: cannot be written ({exc.strerror})") from exc


def _say(args: argparse.Namespace, value: Any, lines: Sequence[str]) -> None:
    """The answer: JSON, or lines for people."""
    if args.json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in lines)


def _known_visit(args: argparse.Namespace, problem: Problem) -> str:
    visit = str(args.visit)
    if all(one.id != visit for one in problem.visits):
        raise _Refusal(BAD_INPUT, f"{args.instance}: there is no visit {visit!r}")
    return visit


# Commands


def _plan(args: argparse.Namespace) -> int:
    if args.seconds is not None and not args.seconds >= 0:
        raise _Refusal(BAD_INPUT, f"--seconds {args.seconds}: 0 or more expected")
    if not 1 <= args.threads <= 256:
        raise _Refusal(BAD_INPUT, f"--threads {args.threads}: 1 to 256 expected")
    benchmark = _benchmark(args.instance, args.format) if args.format in FORMATS else None
    problem = benchmark.problem if benchmark else _problem(args.instance)
    start = _read_plan(args.start) if args.start else None
    rules: list[StopRule] = []
    if args.iterations is not None:
        rules.append(MaxIterations(args.iterations))
    if args.seconds is not None or args.iterations is None:
        rules.append(MaxSeconds(DEFAULT_SECONDS if args.seconds is None else args.seconds))
    trace: list[Progress] = []
    with _interruptible() as interrupted:
        stop = AnyOf(lambda _: interrupted[0], *rules)
        try:
            outcome = solve(
                problem,
                stop=stop,
                seed=args.seed,
                start=start,
                on_progress=trace.append,
                engine=args.engine,
                threads=args.threads,
            )
        except EngineMissing as exc:
            raise _Refusal(SURROUNDINGS, str(exc)) from exc
    _write(args.out, benchmark.solution(outcome.plan) if benchmark else dumps(plan_to_json(outcome.plan)))
    if args.draw:
        page = args.draw.name.removesuffix(".gz").endswith((".html", ".htm"))
        minute = benchmark.minute if benchmark else 60
        _write(args.draw, (sheet if page else gantt)(problem, outcome.plan, minute=minute))
    if args.trace:
        _write_trace(args.trace, trace)
    value = {
        "feasible": outcome.feasible,
        "cost": outcome.cost,
        "terms": dict(outcome.terms),
        "lower_bound": outcome.lower_bound,
        "iterations": outcome.iterations,
        "seconds": round(outcome.seconds, 3),
        "engine": outcome.engine,
        "unassigned": list(outcome.unassigned),
    }
    if benchmark:
        value["objective"] = benchmark.objective(outcome.plan, outcome.cost)
    served = len(problem.visits) - len(outcome.unassigned)
    lines = [f"{served} of {len(problem.visits)} visits placed, cost {outcome.cost}"]
    lines += [f"  {term}: {cost}" for term, cost in outcome.terms.items() if cost]
    lines += [f"not placed: {', '.join(outcome.unassigned)}"] if outcome.unassigned else []
    if ENGINE == "python":
        lines.append(
            "planned in plain Python, more slowly: no C++ compiler was found when this was installed"
        )
    _say(args, value, lines)
    if interrupted[0]:
        return INTERRUPTED
    return DONE if outcome.feasible else NO


@contextmanager
def _interruptible() -> Iterator[list[bool]]:
    """Ctrl-C sets the flag once; a second one ends the program the usual way."""
    flag = [False]

    def note(signum: int, frame: FrameType | None) -> None:
        flag[0] = True
        signal.signal(signal.SIGINT, before)

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:  # not the main thread: then nobody can press Ctrl-C here
        yield flag
        return
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)


def _write_trace(path: Path, trace: Sequence[Progress]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["iteration", "seconds", "cost", "unassigned"])
            rows.writerows((p.iteration, f"{p.seconds:.3f}", p.cost, p.unassigned) for p in trace)
    except OSError as exc:
        raise _Refusal(SURROUNDINGS, f"{path}: cannot be written ({exc.strerror})") from exc


def _check(args: argparse.Namespace) -> int:
    problem, plan = _problem(args.instance), _read_plan(args.plan)
    violations = check(problem, plan)
    cost = evaluate(problem, plan)
    value = {
        "feasible": not violations,
        "violations": [{**v._asdict(), "rule": v.rule.value} for v in violations],
        "cost": cost.total,
        "terms": dict(cost.terms),
    }
    if problem.weights.levels:
        value["levels"] = list(cost.levels)
    lines = [
        f"{v.rule.value}: {' '.join(x for x in (v.visit, v.slot, v.person) if x)}, {v.margin} {v.unit}"
        for v in violations
    ]
    _say(args, value, [*lines, f"{len(violations)} violations, cost {cost.total}"])
    return NO if violations else DONE


def _repair(args: argparse.Namespace) -> int:
    problem, plan = _problem(args.instance), _read_plan(args.plan)
    text, value = _load(args.events)
    with _located(args.events, text, value):
        done = repair(
            problem,
            plan,
            events_from_json(value),
            max_changes=args.max_changes,
            seconds=args.seconds,
            iterations=args.iterations,
            seed=args.seed,
        )
    if args.out:
        _write(args.out, dumps(plan_to_json(done.plan)))
    if args.out_instance:
        _write(args.out_instance, dumps(problem_to_json(done.problem)))
    answer = {
        "feasible": not done.violations,
        "changed_visits": list(done.changed_visits),
        "others": list(done.others),
        "affected": list(done.affected),
        "unassigned": list(done.unassigned),
        "cost": done.cost.total,
        "seconds": round(done.seconds, 3),
    }
    lines = [
        f"{len(done.changed_visits)} visits change, {len(done.others)} of them that nothing had happened to"
    ]
    lines += [f"without a team: {', '.join(done.unassigned)}"] if done.unassigned else []
    _say(args, answer, lines)
    return DONE if not done.violations else NO


def _rank(args: argparse.Namespace) -> int:
    problem, plan = _problem(args.instance), _read_plan(args.plan)
    visit = _known_visit(args, problem)
    options = rank(problem, plan, visit, limit=args.top)
    teams = [
        {
            "people": option.people,
            "start": option.start,
            "starts": {slot: service.start for slot, service in option.services.items()},
            "travel_s": option.travel_s,
            "delta": {"total": option.delta.total, "terms": dict(option.delta.terms)},
            "reasons": [reason._asdict() for reason in option.reasons],
            "pushes": [push._asdict() for push in option.pushes],
            "patch": _team_patch(visit, option.services),
        }
        for option in options
    ]
    lines = [
        f"{o.delta.total:+d} at {o.start} s: {_team(o.services)}, {o.travel_s} s of travel" for o in options
    ]
    _say(args, {"teams": teams}, lines or ["Nobody can take this visit; try: versants plan explain"])
    return DONE if options else NO


def _team(services: Mapping[str, Service]) -> str:
    return ", ".join(f"{slot} {service.person}" for slot, service in services.items())


def _team_patch(visit: str, services: Mapping[str, Service]) -> list[dict[str, Any]]:
    return [{"op": "add", "path": pointer("visits", visit), "value": assignment_to_json(services)}]


def _plain(patch: Patch) -> list[dict[str, Any]]:
    return [dict(operation) for operation in patch]


def _explain(args: argparse.Namespace) -> int:
    problem, plan = _problem(args.instance), _read_plan(args.plan)
    visit = _known_visit(args, problem)
    answer = explain(problem, plan, visit)
    value = {
        "visit": visit,
        "n_teams": answer.n_teams,
        "candidates": [
            {
                "person": one.person,
                "slot": one.slot,
                "rule": one.rule.value,
                "margin": one.margin,
                "unit": one.unit,
                "start": one.start,
                "plan_patch": _team_patch(visit, one.services),
            }
            for one in answer.candidates
        ],
        "free": [{"person": person, "slot": slot} for person, slot in answer.free],
        "relaxations": [
            {
                "kind": one.kind,
                "code": one.text_code,
                "params": dict(one.params),
                "text": one.text,
                "delta": one.delta,
                "n_teams": one.n_teams,
                "instance_patch": _plain(one.problem_patch),
                "plan_patch": _plain(one.plan_patch),
            }
            for one in answer.relaxations
        ],
    }
    lines = [f"{answer.n_teams} teams possible"]
    lines += [f"{o.person} in {o.slot}: {o.rule.value}, {o.margin} {o.unit}" for o in answer.candidates]
    lines += [f"would help: {o.text} ({o.n_teams} teams, {o.delta:+d})" for o in answer.relaxations]
    _say(args, value, lines)
    return DONE


def _suggest(args: argparse.Namespace) -> int:
    problem, plan = _problem(args.instance), _read_plan(args.plan)
    visit = _known_visit(args, problem)
    found = suggest_times(problem, plan, visit, limit=args.limit)
    value = {
        "starts": [
            {
                "start": one.start,
                "people": {slot: service.person for slot, service in one.services.items()},
                "n_teams": one.n_teams,
                "delta": one.delta,
                "in_window": one.in_window,
                "patch": _team_patch(visit, one.services),
            }
            for one in found
        ]
    }
    lines = [
        f"{one.start} s: {_team(one.services)} ({one.n_teams} teams, {one.delta:+d})"
        + ("" if one.in_window else ", outside the window")
        for one in found
    ]
    _say(args, value, lines or ["No start in the horizon has a team."])
    return DONE if found else NO


def _diff(args: argparse.Namespace) -> int:
    changes = diff(_read_plan(args.before), _read_plan(args.after))

    def side(services: Mapping[str, Service] | None) -> Any:
        return None if services is None else assignment_to_json(services)["slots"]

    value = [{"visit": c.visit, "kind": c.kind, "from": side(c.before), "to": side(c.after)} for c in changes]
    _say(args, {"changes": value}, [f"{c.visit}: {c.kind}" for c in changes] or ["No difference."])
    return DONE


def _patch(args: argparse.Namespace) -> int:
    _, value = _load(args.file)
    text, patch = _load(args.patch)
    with _located(args.patch, text, patch):
        try:
            changed = apply_patch(value, patch)
        except PatchRefused as exc:
            raise _Refusal(NO, f"{args.patch}: {exc}") from exc
    _write(args.out, dumps(changed))
    _say(args, {"operations": len(patch)}, [f"{len(patch)} operations applied"])
    return DONE


if __name__ == "__main__":
    sys.exit(main())
