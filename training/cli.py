"""The batch command line: what there is, in the order in which it is used."""

from __future__ import annotations

import typer

from training import (
    cli_borrow,
    cli_data,
    cli_measure,
    cli_model,
    cli_recommend,
    cli_report,
    cli_scale,
    cli_store,
    cli_travel,
    cli_upkeep,
)

DATA, MODEL, USE, STORE = "Data", "Model", "Use", "Store"

EXAMPLES = {
    "check": ["python -m training check my-city", "python -m training check ../feeds/madrid --feed madrid"],
    "load": [
        "python -m training load my-city",
        "python -m training load ../feeds/madrid --feed madrid --learners 2000",
        "python -m training load my-feeds --feed several",
        "python -m training load my-badges --feed openbadges --city my-city",
    ],
    "simulate": [
        "python -m training simulate --out town --seed 7",
        "python -m training simulate --out madrid --over ../feeds/madrid --feed madrid",
    ],
    "repair": ["python -m training repair --city my-city", "python -m training repair --data my-city --out lists"],
    "travel": [
        "python -m training travel --city my-city --streets my-city.osm.pbf",
        "python -m training travel --city my-city --timetable region-gtfs.zip",
        "python -m training travel --city my-city",
    ],
    "search": [
        "python -m training search --city my-city --out settings.toml",
        "python -m training search --data my-city --seconds 300 --out settings.toml",
    ],
    "share": ["python -m training share --city my-city --config settings.toml --out my-city.json"],
    "borrow": [
        "python -m training borrow cities --out prior.json",
        "python -m training borrow a.json b.json c.json --out prior.json",
    ],
    "train": [
        "python -m training train --city my-city",
        "python -m training train --data my-city --out releases --config settings.toml",
    ],
    "train-all": [
        "python -m training train-all",
        "python -m training train-all --data cities --jobs 4",
        "python -m training train-all --engine dask://scheduler:8786",
    ],
    "evaluate": [
        "python -m training evaluate --city my-city",
        "python -m training evaluate --data my-city --cut 2026-05-01T00:00:00+02:00 --out report",
    ],
    "report": [
        "python -m training report --city my-city",
        "python -m training report --city my-city --out to-mail",
    ],
    "compare": [
        "python -m training compare current settings.toml --city my-city",
        "python -m training compare 20260301T120000Z-1a2b3c4d 20260401T120000Z-5e6f7a8b",
    ],
    "publish": ["python -m training publish --city my-city"],
    "rollback": ["python -m training rollback --city my-city"],
    "backup": ["python -m training backup my-city-2026-03-07.zip --city my-city"],
    "restore": [
        "python -m training restore my-city-2026-03-07.zip",
        "LEERLIJN_DATABASE_URL=postgresql://… python -m training restore my-city-2026-03-07.zip",
    ],
    "retain": ["python -m training retain --city my-city", "python -m training retain --city my-city --go"],
    "inspect": ["python -m training inspect"],
    "recommend": [
        "python -m training recommend --data my-city --learners learners.csv --count 20 --out recs.csv",
        "python -m training recommend --city my-city --learners learners.csv --at 2026-05-01T09:00:00+02:00 --out recs.csv",
    ],
}


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        help="Leerlijn in batch: check and load a city's data, train, evaluate, publish, recommend.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        add_completion=False,
        pretty_exceptions_enable=False,
        epilog="Start with: [bold]python -m training check DIR[/], where DIR holds activities.csv and stamps.csv.",
    )
    for panel, command in (
        (DATA, cli_data.check),
        (DATA, cli_data.load),
        (DATA, cli_data.simulate),
        (DATA, cli_travel.travel),
        (DATA, cli_upkeep.repair),
        (MODEL, cli_model.search),
        (MODEL, cli_borrow.share),
        (MODEL, cli_borrow.borrow),
        (MODEL, cli_model.train),
        (MODEL, cli_scale.train_all),
        (MODEL, cli_measure.evaluate),
        (MODEL, cli_report.report),
        (MODEL, cli_measure.compare),
        (MODEL, cli_model.publish),
        (MODEL, cli_model.rollback),
        (USE, cli_recommend.recommend),
        (STORE, cli_store.backup),
        (STORE, cli_store.restore),
        (STORE, cli_store.inspect),
        (STORE, cli_upkeep.retain),
    ):
        name = command.__name__.replace("_", "-")
        epilog = "\n\n".join(["[bold]Examples[/]", *EXAMPLES[name]])
        app.command(name, rich_help_panel=panel, epilog=epilog)(command)
    return app
