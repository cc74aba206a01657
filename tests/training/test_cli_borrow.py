"""Sharing and borrowing as somebody types it."""

import json
import re

import pytest

from data.folder import write_folder
from tests.training.conftest import coming, two_tastes_town

QUICK = """
threads = 1
[als]
factors = 2
iterations = 1
[graph]
rank = 1
neighbours = 5
ease_limit = 0
[encoder]
characters = false
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A town with settings that do and do not agree to share."""
    tables = coming(two_tastes_town())
    few = tables.before(int(tables.stamps["at"].sort_values().iloc[400]))
    path = write_folder(few, tmp_path_factory.mktemp("town"))
    (path / "silent.toml").write_text(QUICK)
    (path / "agreed.toml").write_text(QUICK + "[share]\nagreed = true\n")
    (path / "private.toml").write_text(QUICK + "[share]\nagreed = true\n[privacy]\nepsilon = 4\n")
    return path


def test_from_several_cities_to_a_release_that_names_them(run, folder, tmp_path):
    code, out, err = run(
        "share", "--data", folder, "--config", folder / "agreed.toml", "--out", tmp_path / "c" / "a.json"
    )
    assert code == 0, err
    assert re.search(r"200 stamps: \d{3} choices by \d\d learners", out)
    assert "Read it before you send it" in out
    given = json.loads((tmp_path / "c" / "a.json").read_text())
    for name in ("b-town", "c-town"):
        (tmp_path / "c" / f"{name}.json").write_text(json.dumps({**given, "city": name}))
    code, out, err = run("borrow", tmp_path / "c", "--out", tmp_path / "c" / "prior.json")
    assert code == 0, err
    assert "of 3 cities (b-town, c-town, two-tastes)" in out
    digest = next(line for line in out.splitlines() if line.startswith("Prior ")).split()[1]
    (tmp_path / "borrow.toml").write_text(QUICK + '[borrow]\nprior = "c/prior.json"\n')
    code, out, err = run(
        "train", "--data", folder, "--config", tmp_path / "borrow.toml", "--out", tmp_path / "releases"
    )
    assert code == 0, err
    (manifest,) = (json.loads(path.read_text()) for path in (tmp_path / "releases").glob("*/manifest.json"))
    assert manifest["borrowed"] == {"prior": digest, "cities": ["b-town", "c-town", "two-tastes"]}


@pytest.mark.parametrize(
    ("settings", "told"), [("silent.toml", "did not agree to share"), ("private.toml", "coefficients are not")]
)
def test_a_city_that_did_not_agree_or_keeps_its_secrets_shares_nothing(run, folder, tmp_path, settings, told):
    code, _, err = run("share", "--data", folder, "--config", folder / settings, "--out", tmp_path / "a.json")
    assert code == 2
    assert told in err
    assert not (tmp_path / "a.json").exists()


def test_what_is_no_citys_coefficients_makes_no_prior(run, tmp_path):
    (tmp_path / "other.json").write_text("{}")
    for source, told in ((tmp_path, "no city's coefficients here"), (tmp_path / "other.json", "not a leerlijn-coeff")):
        code, _, err = run("borrow", source, "--out", tmp_path / "prior.json")
        assert code == 2
        assert told in err
        assert not (tmp_path / "prior.json").exists()
