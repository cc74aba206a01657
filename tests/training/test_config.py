import math
from dataclasses import fields

import pytest

from recommender.errors import BadConfig
from training.config import Als, Config, Encoder, Evaluation, config_from, load_config, parse_config


def test_an_empty_file_equals_the_defaults(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text("")
    assert load_config(path) == load_config(None) == parse_config("") == Config()


def test_a_file_sets_what_it_names_and_leaves_the_rest():
    config = parse_config("seed = 7\n[als]\nfactors = 64\n[weights]\npopular = 1\n")
    assert config.seed == 7
    assert config.als == Als(factors=64)
    assert config.weights.popular == 1
    assert config.graph == Config().graph


def test_plain_values_and_back():
    config = parse_config("[similar]\nneighbours = 50\n[evaluation]\nhorizon_days = 30.5\n")
    assert config_from(config.as_dict()) == config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[als]\nfactor = 64", "no setting 'als.factor'; the nearest is 'als.factors'"),
        ("sed = 1", "no setting 'sed'; the nearest is 'seed'"),
        ("[alss]\nfactors = 64", "no setting 'alss'; the nearest is 'als'"),
        ("[als]\nfactors = 0", "als.factors: 0 is outside 1 to 4096"),
        ("[als]\nfactors = 64.0", "als.factors: 64.0 is not a whole number"),
        ("[als]\nfactors = true", "als.factors: True is not a whole number"),
        ("[als]\nalpha = 'much'", "als.alpha: 'much' is not a number"),
        ("[als]\nalpha = nan", "als.alpha: nan is outside"),
        ("[als]\nalpha = inf", "als.alpha: inf is outside"),
        ("[encoder]\ncharacters = 1", "encoder.characters: 1 is neither true nor false"),
        ("als = 3", "[als] is a section with settings of its own, not 3"),
        ("[als\n", "is not TOML"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(text, told):
    with pytest.raises(BadConfig) as caught:
        parse_config(text, "city.toml")
    assert told in str(caught.value)
    assert "city.toml" in str(caught.value)


def test_settings_check_themselves_at_birth():
    with pytest.raises(BadConfig, match=r"evaluation\.bootstrap: 5 is outside 100"):
        Evaluation(bootstrap=5)
    with pytest.raises(BadConfig, match=r"encoder\.max_features"):
        Encoder(max_features=-1)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(BadConfig, match="cannot be read"):
        load_config(tmp_path / "none.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes("# één\n".encode("latin-1"))
    with pytest.raises(BadConfig, match="not UTF-8: byte 2 is 0xe9"):
        load_config(latin)


def test_every_default_stands_within_its_own_range():
    for section in fields(Config):
        if not isinstance(section.default_factory, type):
            continue
        for entry in fields(section.default_factory):
            if "range" in entry.metadata:
                low, high = entry.metadata["range"]
                assert low <= entry.default <= high
                assert math.isfinite(entry.default)
