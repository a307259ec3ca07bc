"""``versants mesh plan|check|simulate|turning|travel``: what is asked of a STUDY.json and of the result that answers it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import files
from .console import (
    BAD_INPUT,
    DONE,
    INTERRUPTED,
    NO,
    SURROUNDINGS,
    Refusal,
    cost,
    interruptible,
    read,
    say,
    seconds,
    share,
    writable,
)
from .errors import FormatError
from .simulation import simulate
from .staffing import POINTS
from .staffing_again import verify
from .staffing_plan import RESULT, plan
from .study import Study
from .study_files import PathError, fingerprint, read_study, write_study
from .study_front import study_front
from .study_slips import warnings
from .travel import Travel, TravelError, gaps, travel_of, ways_of, with_minutes
from .turning import ranges, study_at, turning

__all__ = ["COMMANDS", "add", "front"]

HELP = {
    "plan": "whom to recruit where: the language model, with its bound",
    "check": "a result recomputed, by other code as far as it can be",
    "simulate": "years of requests against the people of a plan",
    "turning": "what nobody knows as a range: where along it another plan becomes the better one",
    "travel": "minutes on the road asked for once and kept in the study: others count with the same ones",
}
#: An end so near to what the study takes has the study's own plan; a proof so near is enough for the plan of an end.
_SAME, _END_GAP = 0.02, 0.005


def add(commands: Any, territory: Path | None) -> None:
    """The sub-parsers."""
    model = None if territory is None else territory / "travel_time_model.json"
    for name, text in HELP.items():
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("study", type=Path, metavar="STUDY.json")
        if name == "travel":
            one.add_argument(
                "--out", type=Path, required=True, metavar="STUDY.json", help="the study with them"
            )
        elif name != "plan":
            one.add_argument("result", type=Path, metavar="R.json")
        one.add_argument(
            "--roads",
            type=Path,
            default=model,
            metavar="JSON",
            help="knots_km and minutes, where the study names no travel times",
        )
        one.add_argument("--json", action="store_true", help="one JSON value on standard output")
        if name == "simulate":
            one.add_argument("--replications", type=int, default=20, metavar="N", help="years; default 20")
            one.add_argument("--seed", type=int, default=0, metavar="N")
        if name == "turning":
            one.add_argument(
                "--seconds",
                type=seconds,
                default=120.0,
                metavar="S",
                help="of processor, for the plan of each end; default 120",
            )
            one.add_argument("--steps", type=int, default=5, metavar="N", help="along each range; default 5")
            one.add_argument(
                "--discouraged",
                type=share,
                metavar="SHARE",
                help="what the study adds for those who no longer ask; by default as its assumptions say",
            )
        if name == "check":
            one.add_argument(
                "--whole",
                action="store_true",
                help="predict a year for each recruit too, which takes its time",
            )
        if name == "plan":
            one.add_argument("--out", type=Path, metavar="R.json", help="where the result is written")
            one.add_argument("--seconds", type=seconds, default=600.0, metavar="S", help="of processor")
            one.add_argument(
                "--gap", type=share, default=0.0, metavar="G", help="a proof this near is enough"
            )
            one.add_argument(
                "--points",
                type=int,
                default=POINTS,
                metavar="N",
                help=f"communes are gathered to so many points at most; default {POINTS}",
            )


def _study(args: argparse.Namespace) -> tuple[Study, Travel]:
    today = datetime.now(UTC).astimezone().date()
    study = read(args.study, lambda text: read_study(text, today))
    sys.stderr.writelines(f"{args.study}: {line}\n" for line in warnings(study))
    roads = None
    if args.roads is not None and not (study.travel.knots_km or study.travel.provider != "piecewise"):
        roads = read(args.roads, files.roads)
    travel = travel_of(study, args.study.parent, roads)
    missing = gaps(study, travel)
    if missing is not None:
        sys.stderr.writelines(f"{args.study}: {line}\n" for line in missing.told())
    return study, travel


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as exc:
        raise FormatError(exc.lineno, exc.colno, f"not JSON: {exc.msg}") from exc
    if not isinstance(value, dict) or value.get("format") != RESULT:
        raise PathError("$.format", f"{RESULT!r} expected")
    return value


def _safely(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def command(args: argparse.Namespace) -> int:
        try:
            return run(args)
        except TravelError as exc:
            raise Refusal(SURROUNDINGS, str(exc)) from exc

    return command


def _travel(args: argparse.Namespace) -> int:
    writable(args.out)
    study, travel = _study(args)
    ways = homes, asked = ways_of([study])
    if study.travel.provider == "piecewise" or study.travel.kept:
        raise Refusal(BAD_INPUT, f"{args.study}: the study holds its minutes already; nobody is to be asked")
    kept = replace(study, travel=with_minutes(study.travel, travel, ways))
    args.out.write_text(write_study(kept), encoding="utf-8")
    missing = gaps(kept, travel_of(kept, args.out.parent))
    said = {
        "provider": travel.provider,
        "date": travel.date,
        "ways": len(homes) * len(asked),
        "unknown": missing.unknown if missing else 0,
    }
    told = f"{said['ways']} ways by {travel.provider} ({travel.date or 'no date'}), {said['unknown']} of them unknown"
    say(args, {**said, **cost()}, [told])
    return DONE


def _plan(args: argparse.Namespace) -> int:
    if args.points < 1:
        raise Refusal(BAD_INPUT, f"--points {args.points}: 1 or more expected")
    if args.out is not None:
        writable(args.out)
    study, travel = _study(args)
    with interruptible() as interrupted:
        result = plan(
            study,
            travel,
            seconds=args.seconds,
            gap=args.gap,
            points=args.points,
            stop=lambda: interrupted[0],
        )
    if args.out is not None:
        text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
        try:
            args.out.write_text(text, encoding="utf-8")
        except OSError as exc:  # the folder was there when the work began
            sys.stdout.write(text)
            raise Refusal(
                SURROUNDINGS,
                f"--out {args.out}: cannot be written ({exc.strerror}); the whole result stands on standard output",
            ) from exc
    short = {name: result[name] for name in ("recruits", "objective", "bound", "gap", "optimal", "equity")}
    short |= {name: result[name] for name in ("not_recruitable", "passed_over")}
    say(args, {**short, **cost()}, _told(result))
    return INTERRUPTED if interrupted[0] else DONE


def _less_road(less: float) -> str:
    minutes = round(less)
    return f"{abs(minutes)} minutes of travel {'more' if minutes < 0 else 'less'}"


def _told(result: Mapping[str, Any]) -> list[str]:
    proof = "proved best" if result["optimal"] else f"at most {result['gap']:.2%} from the best"
    before, after = result["before"], result["after"]
    lines = [
        f"{result['objective']:.1f} weighted requests a year, {proof} (bound {result['bound']:.1f});"
        f" {before['objective']:.1f} without recruiting"
    ]
    lines += [
        f"{one['n']} x {one['candidate']} ({one['kind']}, {', '.join(one['languages'])}, {one['commune']}):"
        f" {one['unserved_less']:.0f} more served a year, {_less_road(one['minutes_less'])}"
        for one in result["recruits"]
    ]
    for language, one in after["languages"].items():
        was = before["languages"][language]["share_unserved"]
        lines.append(f"{language}: {one['share_unserved']:.1%} not served (before {was:.1%})")
    return lines + [
        f"{one['language']}: not recruitable here, {one['instead']}" for one in result["not_recruitable"]
    ]


def _check(args: argparse.Namespace) -> int:
    study, travel = _study(args)
    result = read(args.result, _json)
    try:
        found = verify(study, result, travel, whole=args.whole)
    except PathError as exc:
        raise Refusal(BAD_INPUT, f"{args.result}: {exc}") from exc
    value = {
        "holds": not found.wrong,
        "differences": list(found.wrong),
        "recomputed_by_the_same_code": list(found.again),
        "not_recomputed": list(found.open),
        "objective": result["objective"],
        "bound": result["bound"],
        **cost(),
    }
    lines = list(found.wrong)
    if not lines:
        lines = [
            f"all that was recomputed holds: objective {result['objective']:.6g}, bound {result['bound']:.6g}",
            *(
                f"{one}: by the planner's own prediction, a recomputation and no second opinion"
                for one in found.again
            ),
        ]
    say(args, value, [*lines, *(f"{one}: not recomputed" for one in found.open)])
    return NO if found.wrong else DONE


def _simulate(args: argparse.Namespace) -> int:
    if args.replications < 1 or args.seed < 0:
        raise Refusal(BAD_INPUT, "--replications of 1 or more and a --seed of 0 or more expected")
    study, travel = _study(args)
    result = read(args.result, _json)
    with interruptible() as interrupted:
        try:
            of = _of(args, study, result)
            found = simulate(
                study,
                result,
                travel,
                replications=args.replications,
                seed=args.seed,
                stop=lambda: interrupted[0],
            )
        except (KeyError, TypeError) as exc:
            raise Refusal(
                BAD_INPUT, f"{args.result}: not a result as the schema mesh-result says ({exc!r})"
            ) from exc
    lines = [f"{'language':<12}{'requests':>10}{'predicted':>11}{'simulated':>11}   95 %"]
    for language, one in found["fill"].items():
        if one["simulated"] is not None:
            low, high = one["ci95"] or (one["simulated"], one["simulated"])
            lines.append(
                f"{language:<12}{one['requests']:>10.0f}{one['predicted']:>11.1%}{one['simulated']:>11.1%}"
                f"   {low:.1%} to {high:.1%}"
            )
    say(args, {**of, **found, **cost()}, lines)
    return INTERRUPTED if interrupted[0] else DONE


def _of(args: argparse.Namespace, study: Study, result: Mapping[str, Any]) -> dict[str, Any]:
    """Which study and which recruits an answer is about; refused where the result answers another study."""
    if result["study"] != fingerprint(study):
        raise Refusal(BAD_INPUT, f"{args.result}: answers another study than {args.study}")
    return {"study": result["study"], "recruits": _recruits(result)}


def _recruits(result: Mapping[str, Any]) -> dict[str, int]:
    return {one["candidate"]: one["n"] for one in result["recruits"]}


def _turning(args: argparse.Namespace) -> int:
    if args.steps < 2:
        raise Refusal(BAD_INPUT, f"--steps {args.steps}: 2 or more expected")
    study, travel = _study(args)
    result = read(args.result, _json)
    turns, still = [], []
    with interruptible() as interrupted:
        try:
            of, points = _of(args, study, result), dict(result["points"])
            for what, ends, at in ranges(study, args.discouraged):
                answers = [of["recruits"]]
                for end in ends:
                    if abs(end - at) > _SAME and not interrupted[0]:
                        other = plan(
                            study_at(study, what, end, at),
                            travel,
                            seconds=args.seconds,
                            gap=_END_GAP,
                            exact=args.seconds / 3,
                            gains=False,
                            stop=lambda: interrupted[0],
                        )
                        answers.append(_recruits(other))
                if interrupted[0]:
                    break
                one = turning(study, travel, what, ends, at, answers, points=points, steps=args.steps)
                if one is None:
                    still.append(what)
                else:
                    turns.append(one)
        except (KeyError, TypeError) as exc:
            raise Refusal(
                BAD_INPUT, f"{args.result}: not a result as the schema mesh-result says ({exc!r})"
            ) from exc
    lines = [line for one in turns for line in _turned(one)]
    lines += [f"{what}: nothing depends on it" for what in still]
    say(args, {**of, "turns": turns, "still": still, **cost()}, lines)
    return INTERRUPTED if interrupted[0] else DONE


def _turned(one: Mapping[str, Any]) -> list[str]:
    """One unknown: its range, then each point where another answer becomes the better one."""

    def who(answer: int) -> str:
        recruits = one["answers"][answer]
        return ", ".join(f"{n} x {name}" for name, n in sorted(recruits.items())) or "nobody"

    head = f"{one['what']}, {one['low']:.0%} to {one['high']:.0%}, {one['at']:.0%} in the study: "
    if not one["turns"]:
        return [f"{head}{who(one['best'][0])} all along"]
    return [f"{head}{who(one['best'][0])} at first"] + [
        f"  from {turn['value']:.1%} on: {who(turn['to'])}" for turn in one["turns"]
    ]


def _front(args: argparse.Namespace) -> int:
    if args.points < 1:
        raise Refusal(BAD_INPUT, f"--points {args.points}: 1 or more expected")
    study, travel = _study(args)
    args.seconds = 1800.0 if args.seconds is None else args.seconds
    with interruptible() as interrupted:
        points = study_front(
            study,
            travel,
            points=args.points,
            seconds=args.seconds,
            wider=args.wider,
            stop=lambda: interrupted[0],
        )
    lines = [
        f"{'recruits':>9}{'euros':>9}{'objective':>12}{'gap':>8}{'not served':>12}{'worst language':>16}"
    ]
    lines += [
        f"{sum(one['recruits'].values()):>9}{one['cost']:>9.0f}{one['objective']:>12.1f}{one['gap']:>8.2%}"
        f"{one['unserved']:>12.1%}{one['worst_language']:>16.1%}"
        for one in points
    ]
    say(args, {"study": fingerprint(study), "points": points, **cost()}, lines)
    return INTERRUPTED if interrupted[0] else DONE


#: ``front`` with a study; without one it is that of the p-median.
front = _safely(_front)

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "plan": _safely(_plan),
    "check": _safely(_check),
    "simulate": _safely(_simulate),
    "turning": _safely(_turning),
    "travel": _safely(_travel),
}
