"""``versants mesh``: where to put p sites, with proof. :func:`main` takes what follows ``mesh``.

With ``--json`` standard output is one JSON value; all else goes to standard error. Exits: 0 done or holds,
1 the answer is no, 2 bad input, 3 surroundings, 130 interrupted (the best found so far is said).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import files, study_cli
from .centre import pcenter
from .console import (
    BAD_INPUT,
    DONE,
    INTERRUPTED,
    Refusal,
    cost,
    interruptible,
    positive,
    read,
    say,
    seconds,
    share,
)
from .covering import cover
from .errors import InstanceError
from .front import front
from .metric import Matrix, Sphere
from .pmedian import pmedian
from .problem import Problem
from .results import Answer

__all__ = ["main"]

METRICS = ("great-circle-km", "road-min")


def main(
    argv: Sequence[str] | None = None,
    territory: Path | None = None,
    others: Mapping[str, str] | None = None,
) -> int:
    """Run one command and return its exit code; never raises on bad input.

    ``territory``: the folder with ``communes.csv.gz`` and ``travel_time_model.json``, for what is not given. ``others``:
    commands of ``mesh`` that the caller answers itself, with their help, to be listed among the rest.
    """
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "pmedian": _pmedian,
        "cover": _cover,
        "center": _center,
        "front": _front,
        "pmed": _pmed,
        **study_cli.COMMANDS,
    }
    try:
        args = _parser(territory, others or {}).parse_args(list(sys.argv[1:] if argv is None else argv))
        return commands[args.command](args)
    except SystemExit as exc:  # argparse has said why
        return exc.code if isinstance(exc.code, int) else BAD_INPUT
    except InstanceError as exc:
        sys.stderr.write(f"{exc}\n")
        return BAD_INPUT
    except Refusal as exc:
        sys.stderr.write(f"{exc}\n")
        return exc.code


def _parser(territory: Path | None, others: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="versants mesh", description="Where to put sites, and whom to recruit where, with proof."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    words = {
        "pmedian": "the smallest mean distance to the nearest site",
        "cover": "the most people within so many minutes or km of a site",
        "center": "the smallest distance within which everybody has a site",
        "front": "what each step buys: of a study, from nobody to its limit; of sites, the mean against the worst tenth",
        "pmed": "a p-median of the OR-Library",
    }
    for name, text in words.items():
        one = commands.add_parser(name, help=text, description=text)
        if name == "pmed":
            one.add_argument("file", type=Path, metavar="FILE")
        else:
            _territory_options(one, name, territory)
        one.add_argument(
            "--seconds",
            type=seconds,
            default=None if name == "front" else 60.0,
            metavar="S",
            help="of processor; default 60, for the front of a study 1800",
        )
        if name != "front":
            one.add_argument(
                "--gap", type=share, default=0.0, metavar="G", help="a proof this near is enough; default 0"
            )
        one.add_argument("--seed", type=int, default=0, metavar="N", help="of the search; default 0")
        one.add_argument("--json", action="store_true", help="one JSON value on standard output")
    study_cli.add(commands, territory)
    for name, text in others.items():
        commands.add_parser(name, help=text, description=text)
    return parser


def _territory_options(parser: argparse.ArgumentParser, name: str, territory: Path | None) -> None:
    there = None if territory is None else territory / "communes.csv.gz"
    model = None if territory is None else territory / "travel_time_model.json"
    parser.add_argument(
        "--communes",
        type=Path,
        default=there,
        required=there is None and name != "front",
        metavar="CSV",
        help="uid, lat, lon, population",
    )
    if name == "front":
        parser.add_argument(
            "study", type=Path, nargs="?", metavar="STUDY.json", help="from no recruit to the study's limit"
        )
    parser.add_argument(
        "--p", type=int, required=name != "front", metavar="N", help="sites in all, existing ones included"
    )
    parser.add_argument("--existing", type=Path, metavar="CSV", help="uid of sites that stay")
    parser.add_argument(
        "--candidates", type=Path, metavar="CSV", help="uid of possible sites; by default all"
    )
    default = "road-min" if name == "cover" else "great-circle-km"
    parser.add_argument("--metric", choices=METRICS, default=default, help=f"default {default}")
    parser.add_argument("--roads", type=Path, default=model, metavar="JSON", help="knots_km and minutes")
    parser.add_argument("--weights", default="population", metavar="population|CSV", help="CSV: uid, weight")
    if name == "cover":
        within = parser.add_mutually_exclusive_group(required=True)
        within.add_argument("--minutes", type=positive, metavar="M")
        within.add_argument("--km", type=positive, metavar="KM", help="as the crow flies")
    if name == "front":
        parser.add_argument("--points", type=int, default=10, metavar="N")
        parser.add_argument(
            "--wider",
            type=positive,
            default=1.0,
            metavar="F",
            help="of a study: to so many times its limit; default 1",
        )
        parser.add_argument("--worst-share", type=positive, default=0.1, metavar="S", help="default 0.1")


def _problem(args: argparse.Namespace) -> tuple[Problem, tuple[str, ...] | None]:
    """The question the options ask, and the group of each client."""
    communes = read(args.communes, files.communes)
    if args.weights == "population":
        if communes.population is None:
            raise Refusal(BAD_INPUT, f"{args.communes}:1:1: no column 'population', one expected as weights")
        weight = communes.population
    else:
        weight = read(Path(args.weights), lambda text: files.weights(text, communes.ids))
    rule = None
    if args.metric == "road-min":
        if args.roads is None:
            raise Refusal(BAD_INPUT, "road-min needs --roads, a file with knots_km and minutes")
        rule = read(args.roads, files.roads)
    sites = communes.ids
    if args.candidates:
        sites = read(args.candidates, lambda text: files.listed(text, communes.ids))
    existing: tuple[str, ...] = ()
    if args.existing:
        existing = read(args.existing, lambda text: files.listed(text, communes.ids))
        sites = sites + tuple(sorted(set(existing) - set(sites)))
    if not sites:
        raise Refusal(BAD_INPUT, f"{args.candidates}:2:1: no site found, one uid a line expected")
    if not np.any(weight > 0):
        source = args.communes if args.weights == "population" else args.weights
        raise Refusal(BAD_INPUT, f"{source}:1:1: no commune has a weight above 0, one at least expected")
    row = {uid: i for i, uid in enumerate(communes.ids)}
    place = np.array([row[uid] for uid in sites], dtype=np.int64)
    distances = Sphere(communes.lat, communes.lon, communes.lat[place], communes.lon[place], rule)
    return Problem(communes.ids, sites, weight, distances, existing), communes.group


def _tell(answer: Answer, unit: str) -> list[str]:
    proof = "proved best" if answer.optimal else f"at most {answer.gap:.3%} from the best"
    lines = [f"{answer.value:.3f} {unit}, {proof} (bound {answer.bound:.3f})"]
    if answer.equity:
        e = answer.equity
        lines.append(
            f"worst {e.worst_share:.0%} of people {e.worst_mean:.2f}, nine tenths within {e.p90:.2f},"
            f" farthest {e.largest:.2f}, Gini {e.gini:.3f}, Theil {e.theil:.3f}"
        )
    return [*lines, " ".join(answer.sites)]


def _equity(answer: Answer) -> dict[str, Any]:
    return {"equity": answer.equity.to_json()} if answer.equity else {}


def _pmedian(args: argparse.Namespace) -> int:
    problem, groups = _problem(args)
    with interruptible() as interrupted:
        answer = pmedian(
            problem,
            args.p,
            seconds=args.seconds,
            gap=args.gap,
            seed=args.seed,
            stop=lambda: interrupted[0],
            groups=groups,
        )
    value = {
        "sites": list(answer.sites),
        "mean": answer.value,
        "bound": answer.bound,
        "gap": answer.gap,
        "optimal": answer.optimal,
        "metric": args.metric,
        **_equity(answer),
        **cost(),
    }
    say(args, value, _tell(answer, args.metric))
    return INTERRUPTED if interrupted[0] else DONE


def _cover(args: argparse.Namespace) -> int:
    if args.km is not None:
        args.metric = "great-circle-km"
    elif args.metric != "road-min":
        raise Refusal(BAD_INPUT, f"--minutes are of road-min, not of {args.metric}: say --km")
    problem, groups = _problem(args)
    with interruptible() as interrupted:
        answer = cover(
            problem,
            args.p,
            args.minutes if args.km is None else args.km,
            seconds=args.seconds,
            gap=args.gap,
            seed=args.seed,
            stop=lambda: interrupted[0],
            groups=groups,
        )
    ways: dict[str, Any] = {
        name: bool(answer.details[name]) for name in ("annealed", "windows") if name in answer.details
    }
    value = {
        "sites": list(answer.sites),
        "covered": answer.value,
        "bound": answer.bound,
        "gap": answer.gap,
        "optimal": answer.optimal,
        "covered_share": answer.value / problem.total,
        "bound_share": answer.bound / problem.total,
        "metric": args.metric,
        "build_s": answer.details["build_s"],
        **ways,
        **_equity(answer),
        **cost(),
    }
    lines = _tell(answer, f"of {problem.total:.0f} covered")
    if answer.details.get("annealed") == 0:
        way = "windows" if answer.details["windows"] else "branching"
        lines.append(
            f"sought by {way} alone, without annealing, which often finds better sites:"
            " no C++ compiler was found when this was installed"
        )
    say(args, value, lines)
    return INTERRUPTED if interrupted[0] else DONE


def _center(args: argparse.Namespace) -> int:
    problem, groups = _problem(args)
    with interruptible() as interrupted:
        answer = pcenter(
            problem,
            args.p,
            seconds=args.seconds,
            gap=args.gap,
            seed=args.seed,
            stop=lambda: interrupted[0],
            groups=groups,
        )
    value = {
        "sites": list(answer.sites),
        "largest": answer.value,
        "bound": answer.bound,
        "gap": answer.gap,
        "optimal": answer.optimal,
        "metric": args.metric,
        **_equity(answer),
        **cost(),
    }
    say(args, value, _tell(answer, args.metric))
    return INTERRUPTED if interrupted[0] else DONE


def _front(args: argparse.Namespace) -> int:
    if args.study is not None:
        return study_cli.front(args)
    if args.p is None or args.communes is None:
        raise Refusal(BAD_INPUT, "front needs --communes and --p, or a STUDY.json")
    if args.seconds is None:
        args.seconds = 60.0
    problem, groups = _problem(args)
    with interruptible() as interrupted:
        points = front(
            problem,
            args.p,
            points=args.points,
            worst_share=args.worst_share,
            seconds=args.seconds,
            seed=args.seed,
            stop=lambda: interrupted[0],
            groups=groups,
        )
    value = {
        "metric": args.metric,
        "worst_share": args.worst_share,
        "points": [one.to_json() for one in points],
        **cost(),
    }
    lines = [f"{'tilt':>6}{'mean':>10}{'worst':>10}{'gap':>9}  ({args.metric})"]
    lines += [f"{one.tilt:>6.3f}{one.mean:>10.3f}{one.worst:>10.3f}{one.gap:>9.3%}" for one in points]
    say(args, value, lines)
    return INTERRUPTED if interrupted[0] else DONE


def _pmed(args: argparse.Namespace) -> int:
    given = read(args.file, files.orlib)
    ids = tuple(str(i + 1) for i in range(len(given.distance)))
    problem = Problem(ids, ids, np.ones(len(ids)), Matrix(given.distance))
    with interruptible() as interrupted:
        answer = pmedian(
            problem,
            given.p,
            seconds=args.seconds,
            gap=args.gap,
            whole=True,
            seed=args.seed,
            stop=lambda: interrupted[0],
        )
    total = problem.total
    bound = answer.bound * total
    value = {
        "value": round(answer.value * total),
        "bound": round(answer.value * total) if answer.optimal else bound,
        "optimal": answer.optimal,
        "sites": [int(one) for one in answer.sites],
        "nodes": answer.nodes,
        **cost(),
    }
    say(args, value, _tell(answer, "a node"))
    return INTERRUPTED if interrupted[0] else DONE


if __name__ == "__main__":
    sys.exit(main())
