"""Commands for borrowed strength: share and borrow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from recommender.errors import BadInput
from training.cli_common import CityOption, ConfigOption, DataOption, out, progress_bar, read_city
from training.config import load_config


def share(
    target: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the coefficients go, as JSON.")],
    data: DataOption = None,
    city: CityOption = None,
    config: ConfigOption = None,
) -> None:
    r"""Write what this city learned about choosing, for cities that have few stamps: coefficients, and nothing else.

    Only for a city that agreed: its settings say so with [b]agreed = true[/] under [b]\[share][/].
    """
    from threadpoolctl import threadpool_limits

    from training.borrowing.files import write_json
    from training.borrowing.learn import learn

    settings = load_config(config)
    if not settings.share.agreed:
        raise BadInput(
            "this city did not agree to share; when it does, write in its settings (--config FILE): [share] agreed = true"
        )
    if settings.privacy.epsilon:
        raise BadInput(
            "this city's releases are private and coefficients are not: a city with [privacy] shares nothing"
        )
    tables = read_city(data, city)
    with progress_bar() as bars, threadpool_limits(1, "blas"):
        task = bars.add_task("Sizes of history", total=None)
        found = learn(tables, settings, lambda done, of: bars.update(task, completed=done, total=of))
    write_json(target, found.as_dict())
    for rung in found.rungs:
        out().print(f"{rung.stamps:,} stamps: {rung.choices:,} choices by {rung.learners:,} learners")
    out().print(f"Coefficients of {found.city}: {target}. Read it before you send it: it is all that leaves the city.")


def borrow(
    sources: Annotated[
        list[Path], typer.Argument(metavar="FILE|DIR…", help="Coefficients of cities, or folders of them.")
    ],
    target: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the prior goes, as JSON.")],
) -> None:
    r"""Make a prior of several cities' coefficients, for a city that has few stamps.

    Then use it: write [b]prior = "FILE"[/] under [b]\[borrow][/] in the settings, and train and evaluate with them.
    """
    from training.borrowing.files import read_coefficients, write_json
    from training.borrowing.pool import pool

    prior = pool(list(read_coefficients(sources)))
    write_json(target, prior.as_dict())
    grid = Grid("weight", *(f"{rung.stamps:,} stamps" for rung in prior.rungs))
    for column in grid.columns[1:]:
        column.no_wrap, column.justify = True, "right"
    for name in prior.rungs[0].mean:
        found = [rung for rung in prior.rungs if name in rung.mean]
        grid.add_row(name, *(f"{rung.mean[name]:.3f} ± {rung.spread[name]:.3f}" for rung in found))
    out().print(grid)
    cities = ", ".join(prior.cities)
    out().print(f"Prior {prior.digest} of {len(prior.cities)} cities ({cities}): {target}\nNext, in the settings:")
    out().print(f'[borrow]\nprior = "{target.name}"', markup=False)
