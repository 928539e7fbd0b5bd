"""``python -m simulator world | truth | introduce | play``."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any, TextIO

from simulator.catalogue import PLACEMENT_KEYS
from simulator.client import Client
from simulator.day import Moment
from simulator.errors import Abandoned, SimulatorError
from simulator.people import People
from simulator.play import Player
from simulator.state import load
from simulator.timing import Timing, live
from simulator.trial import report
from simulator.world import World

OPENS_AT = clock_time(8, 0, tzinfo=UTC)
TICK_SECONDS = 20.0
MAX_CUSTOMERS = 1_000_000


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], None] = arguments.run
    try:
        run(arguments)
    except SimulatorError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "simulator: stopped. The same command again adds nothing twice.",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    world = commands.add_parser("world", help="what the shop would configure, as JSON")
    world.set_defaults(run=_world)
    truth = commands.add_parser("truth", help="the planted effects, as JSON")
    truth.set_defaults(run=_truth)
    truth.add_argument("--customers", type=_customers, default=20_000)
    truth.add_argument("--days", type=_positive, default=28)
    truth.add_argument("--from", dest="start", type=_date, default=date(2026, 3, 2))
    introduce = commands.add_parser("introduce", help="identify all customers, once")
    introduce.set_defaults(run=_introduce)
    introduce.add_argument("--from", dest="start", type=_date, default=None)
    play = commands.add_parser("play", help="play customers against the product")
    play.set_defaults(run=_play)
    _add_play_arguments(play)
    for command in (introduce, play):
        _add_connection(command)
    for command in (world, truth, introduce, play):
        command.add_argument("--seed", type=int, default=7)
    return parser


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", required=True, help="http://127.0.0.1:8931")
    parser.add_argument("--write-key", required=True, help="API key, scope ingest")
    parser.add_argument("--customers", type=_customers, default=20_000)
    parser.add_argument("--workers", type=_positive, default=2)


def _add_play_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--api-key", required=True, help="API key, scope decide")
    add("--from", dest="start", type=_date, default=None, help="first day, 2026-03-02")
    add("--days", type=_positive, default=28)
    add("--stepwise", action="store_true", help="wait for a line before each day")
    add("--minutes", type=_above_zero, default=None, help="living mode: real time, now")
    add("--pace", type=_above_zero, default=10.0, help="living mode: visits × this")
    add("--at-once", action="store_true", help="living mode: do not wait")
    add("--placements", type=_placements, default=frozenset(PLACEMENT_KEYS))
    add("--state", type=Path, default=None, help="file that carries refunds over")
    add("--no-introduce", action="store_true", help="customers are known already")


def _world(arguments: argparse.Namespace) -> None:
    _say(World(arguments.seed).as_json(), indent=1)


def _truth(arguments: argparse.Namespace) -> None:
    figures = report(
        arguments.seed, arguments.customers, arguments.start, arguments.days
    )
    _say(figures, indent=1)


def _introduce(arguments: argparse.Namespace) -> None:
    player = _player(arguments, api_key="")
    try:
        _introduce_all(player, _first_moment(arguments.start))
    finally:
        player.client.close()


def _introduce_all(player: Player, first_at: datetime) -> None:
    for line in player.introduce(first_at):
        _say(line)


def _play(arguments: argparse.Namespace) -> None:
    player = _player(arguments, api_key=arguments.api_key)
    try:
        if arguments.minutes is not None:
            _live(player, arguments)
        else:
            _past(player, arguments)
        player.flush()
        _say({"state": "finished", **player.summary()})
    finally:
        player.client.close()
        if arguments.state is not None:
            player.state.save(arguments.state, seed=arguments.seed)


def _player(arguments: argparse.Namespace, *, api_key: str) -> Player:
    client = Client(
        arguments.url,
        write_key=arguments.write_key,
        api_key=api_key,
        workers=arguments.workers,
    )
    state_file = getattr(arguments, "state", None)
    return Player(
        client,
        World(arguments.seed),
        People(arguments.seed, arguments.customers),
        load(state_file, n=arguments.customers, seed=arguments.seed),
        placements=getattr(arguments, "placements", frozenset()),
        workers=arguments.workers,
    )


def _first_moment(start: date | None) -> datetime:
    return datetime.combine(start or datetime.now(UTC).date(), OPENS_AT)


def _past(player: Player, arguments: argparse.Namespace) -> None:
    first_at = _first_moment(arguments.start)
    for i in range(arguments.days):
        base = first_at + timedelta(days=i)
        day = base.date()
        line = {"day": i, "date": day.isoformat()}
        if arguments.stepwise:
            _say({**line, "state": "waiting", "clock": base.isoformat()})
            base = _go(sys.stdin, base)
        timing = _timing(arguments, base, is_last=i == arguments.days - 1)
        if i == 0 and not arguments.no_introduce:
            _introduce_all(player, first_at)
        moment = Moment(day.isoformat(), day)
        hold = arguments.stepwise and i < arguments.days - 1
        counts = player.play(moment, timing, hold=hold)
        _say({**line, "state": "played", **counts})


def _timing(arguments: argparse.Namespace, base: datetime, *, is_last: bool) -> Timing:
    if arguments.stepwise:
        return Timing(base, runs=True, squeezed=is_last)
    if arguments.start is None:
        return live()
    return Timing(base, runs=False, squeezed=False)


def _go(stdin: TextIO, base: datetime) -> datetime:
    """Read the caller's go: an empty line, or the time its clock now shows."""
    line = stdin.readline()
    if not line:
        raise Abandoned("the caller closed the input before the last day was played.")
    try:
        told = datetime.fromisoformat(line.strip())
    except ValueError:
        return base
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _live(player: Player, arguments: argparse.Namespace) -> None:
    until = time.monotonic() + 60 * arguments.minutes
    ticks = max(1, round(60 * arguments.minutes / TICK_SECONDS))
    share = min(arguments.pace * TICK_SECONDS / 86_400, 0.99)
    for i in range(ticks):
        now = datetime.now(UTC)
        moment = Moment(f"{now:%Y-%m-%dT%H:%M:%S}", now.date(), share)
        counts = player.play(moment, live(), hold=False)
        _say({"tick": i, "at": now.isoformat(), "state": "played", **counts})
        if not arguments.at_once:
            pause = min(TICK_SECONDS, until - time.monotonic())
            elapsed = (datetime.now(UTC) - now).total_seconds()
            time.sleep(max(0.0, pause - elapsed) if i < ticks - 1 else 0.0)


def _say(line: dict[str, Any], indent: int | None = None) -> None:
    print(json.dumps(line, indent=indent), flush=True)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return value


def _above_zero(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def _customers(text: str) -> int:
    value = _positive(text)
    if value > MAX_CUSTOMERS:
        raise argparse.ArgumentTypeError(f"at most {MAX_CUSTOMERS} customers")
    return value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is not a date like 2026-03-02"
        ) from None


def _placements(text: str) -> frozenset[str]:
    wanted = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = wanted - set(PLACEMENT_KEYS)
    if unknown or not wanted:
        raise argparse.ArgumentTypeError(
            f"{', '.join(sorted(unknown)) or 'nothing'} is not a placement of this "
            f"shop; it has {', '.join(PLACEMENT_KEYS)}"
        )
    return wanted
