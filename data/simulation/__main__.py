"""``python -m data.simulation``: write a simulated town as a CSV folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.folder import write_folder
from data.simulation.config import PRESETS, load_simulation_config, preset
from data.simulation.recipe import simulate
from recommender.errors import BadInput


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m data.simulation",
        description="Write a simulated learning city as a CSV folder. Equal settings give equal bytes.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="town", help="size of the town (default: town)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML with settings that differ from the preset")
    parser.add_argument("--seed", type=int, metavar="N", help="another town of the same kind")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the folder was written, 2 when a setting is wrong."""
    arguments = _arguments(given)
    try:
        config = load_simulation_config(arguments.config, preset(arguments.preset))
        if arguments.seed is not None:
            config = replace(config, seed=arguments.seed)
        tables = simulate(config).tables
        if arguments.preset == "small" and not arguments.config and arguments.seed is None:
            tables = replace(tables, city=replace(tables.city, origin="sample"))
        write_folder(tables, arguments.out)
    except (BadInput, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{arguments.out}: {len(tables.passports)} learners, {len(tables.activities)} activities, "
        f"{len(tables.sessions)} sessions, {len(tables.stamps)} stamps"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
