"""The pages a coordinator reads: what they say, what they hide, and that they need nothing from outside."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser

import pytest

from data.messages import languages
from data.pages.charts import dots_chart, intervals_chart, lines_chart, stacked_chart
from data.pages.charts_map import reach_map
from data.pages.report import FOLDER, PAGES, Sources, Words, page, sections, sources
from data.pages.report.card import card
from data.pages.report.changes import CHECKS
from data.pages.report.groups import groups_text
from data.pages.report.reach import areas_text, bands_text, deserts
from data.pages.report.register import FIELDS, FOR_THE_CITY, LONGEST, record
from data.pages.report.section import ENGINE, SERVED, strongest
from data.pages.svg import NARROW, WIDE
from tests.training.conftest import DAY, FIRST_DAY
from tests.training.report_town import facts_of_a_town, reach_of_a_town
from training.evaluation import verdict
from training.evaluation.run import evaluate
from training.health import not_known
from training.report.facts import facts
from training.report.page import render, write, write_folder

CUT = FIRST_DAY + 14 * 7 * DAY - 10 * 3600
HIDDEN = {"value": None, "low": None, "high": None, "n": None}
DRAWN = [name for name in PAGES if name not in ("index", "card", "register", "all")]


def checks(*refused):
    """Every check of the gate, some of them not passed, one not measured."""
    return [
        {"code": code, "passed": None if code == "stale_release" else code not in refused, "facts": {}}
        for code in CHECKS
    ]


@pytest.fixture(scope="module")
def measured(two_tastes, quick):
    return evaluate(two_tastes, quick, CUT)


@pytest.fixture(scope="module")
def results(measured):
    """Everything an evaluation can hold, also what a town of two tastes has none of."""
    found = copy.deepcopy(measured)
    cell = {"value": 0.02, "low": -0.01, "high": 0.05, "n": 60}
    found["gate"] = {"release": "r", "open": True, "checks": checks(), "refusals": [], "instead": None}
    models = {ENGINE: found["models"][ENGINE]}
    found["compared"] = {
        "current": {
            "release": "20260119T000000Z-00000000",
            "models": models,
            "differences": {"recall@10": cell},
            "gap": cell,
        },
        "simple": None,
    }
    found["by_cut"] = [
        {
            "cut": day,
            "models": {
                name: {"recall@10": {"value": 0.4, "low": 0.3, "high": 0.5, "n": 60}} for name in found["models"]
            },
        }
        for day in ("2025-12-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00")
    ]
    return found


@pytest.fixture(scope="module")
def opportunity():
    return reach_of_a_town()


@pytest.fixture(scope="module")
def known():
    return facts_of_a_town()


@pytest.fixture(scope="module")
def pages(results, opportunity, known):
    return {lang: render(results, lang, opportunity, known) for lang in ("nl", "en")}


def turned(results, code):
    """The same figures with another verdict."""
    found = copy.deepcopy(results)
    low, high = {"better": (0.1, 0.2), "level": (-0.1, 0.1), "worse": (-0.2, -0.1)}[code]
    for name, figures in found["differences"].items():
        if name not in ("leerlijn_served", "random"):
            figures["recall@10"] |= {"low": low, "high": high}
    where = {"better": "beats", "level": "level_with", "worse": "beaten_by"}[code]
    found["verdict"] = {"code": code, "figure": "recall@10", "beats": [], "level_with": [], "beaten_by": []}
    found["verdict"][where] = ["popular", "content"]
    return found


def without_figures(results):
    """The results of a city in which too few people did something new."""
    found = {key: results[key] for key in ("schema", "city", "config")}
    found["protocol"] = {key: results["protocol"][key] for key in ("cut", "until", "horizon_days", "learners", "main")}
    found["verdict"] = {"code": "too_few", "figure": "recall@10", "needed": 10}
    return found


class Page(HTMLParser):
    """Every tag with its attributes, and the text outside of styles and drawings."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self._inside = [], "", []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._inside.append(tag)

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"style", "svg"} & set(self._inside):
            self.text += " " + " ".join(data.split())

    @property
    def addresses(self):
        names = ("src", "href", "xlink:href", "action", "srcset")
        return [value for _, found in self.tags for name, value in found.items() if name in names]


# files


def test_there_is_a_page_for_every_language_and_the_figures_beside_it(results, tmp_path):
    found = without_figures(results)
    written = write(found, tmp_path / "reports")
    assert [path.name for path in written] == ["evaluation.json", "evaluation.en.html", "evaluation.nl.html"]
    assert json.loads(written[0].read_text()) == found
    for path in written[1:]:
        lang = path.name.split(".")[1]
        read = Page(path.read_text())
        assert ("html", {"lang": lang}) in read.tags
        others = [found["href"] for tag, found in read.tags if tag == "a" and not found["href"].startswith("#")]
        assert others == [f"evaluation.{other}.html" for other in languages(FOLDER) if other != lang]


def test_the_folder_holds_every_page_and_every_link_leads_to_one(results, opportunity, known, tmp_path):
    written = {path.name for path in write_folder(tmp_path, results, opportunity, known, "en")}
    assert {f"{name}.{lang}.html" for name in PAGES for lang in languages(FOLDER)} <= written
    assert {"index.html", "evaluation.json", "opportunity.json", "facts.json"} <= written
    assert {"algorithm-register.nl.json", "model-card.en.json"} <= written
    assert (tmp_path / "index.html").read_text() == (tmp_path / "index.en.html").read_text()
    for path in tmp_path.glob("*.html"):
        read = Page(path.read_text())
        own = {found["id"] for _, found in read.tags if "id" in found}
        for address in read.addresses:
            assert address in written or address.removeprefix("#") in own, f"{path.name}: {address}"


def test_equal_figures_give_equal_pages(results):
    assert page("groups", results, None, "nl") == page("groups", copy.deepcopy(results), None, "nl")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_needs_nothing_from_outside_and_runs_no_script(pages, lang):
    html = pages[lang]
    read = Page(html)
    assert not {"script", "link", "iframe", "img", "image", "use", "object"} & {tag for tag, _ in read.tags}
    assert all(re.fullmatch(r"evaluation\.\w+\.html|#content", address) for address in read.addresses)
    assert "url(" not in re.sub(r'(clip-path|fill|stroke)="url\(#\w+\)"', "", html)
    assert "@import" not in html


# every chart


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_has_a_sentence_a_limit_a_table_and_a_text_alternative(results, opportunity, known, name, lang):
    words = Words(lang)
    found = sections(name, results, opportunity, lang, facts=known)
    html = page(name, results, opportunity, lang, facts=known, found=found)
    assert found
    assert any(one.chart for one in found)
    for one in found:
        part = re.search(rf'<section class="part" aria-labelledby="{one.key}">(.*?)</section>', html, re.DOTALL)[1]
        assert words(f"charts.{one.key}", "title") == one.title
        if one.missing:
            assert one.missing.endswith("."), one.key
            assert "<svg" not in part
            continue
        assert '<p class="sentence">' in part
        assert one.sentence.strip()
        assert '<p class="cannot">' in part
        assert "<table>" in part
        assert part.count("<tr>") > 1
        assert all(len(line) == len(one.head) for line in one.body), one.key
        if one.chart:
            assert one.basis, f"{one.key} does not say how many stand behind it"
            assert part.count("<svg") == 2, "one for a desk, one for a phone"
            assert re.search(r'role="img" aria-label="[^"]{30,}"', part)


def test_the_charts_of_quality_say_their_interval(results, opportunity, known):
    for one in sections("quality", results, opportunity, "en", facts=known):
        if one.chart:
            assert any("95% certainty between" in line for line in one.basis), one.key


def test_a_drawing_says_nothing_of_its_own_to_a_screen_reader(pages):
    svgs = re.findall(r"<svg .*?</svg>", pages["en"], re.DOTALL)
    assert len(svgs) > 20
    for svg in svgs:
        assert svg.startswith('<svg aria-hidden="true"')
        assert "aria-label" not in svg
        assert "role=" not in svg


def test_a_chart_takes_its_colours_from_the_page(pages):
    html = pages["en"]
    for svg in re.findall(r"<svg .*?</svg>", html, re.DOTALL):
        painted = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+|var\([^)]*\)|white|black)"', svg))
        assert painted
        assert all(name.startswith("var(--") and f"{name[4:-1]}:" in html for name in painted), painted


# what may be said


@pytest.mark.parametrize(
    ("code", "nl", "en"),
    [
        ("better", "Ja: van wat mensen daarna zelf gingen doen", "Yes: of what people went on to do"),
        ("level", "Niet duidelijk beter dan een simpele lijst", "Not clearly better than a simple list"),
        ("worse", "Een simpele lijst was beter", "A simple list was better"),
    ],
)
def test_the_page_says_plainly_who_wins(results, code, nl, en):
    found = turned(results, code)
    assert nl in Page(page("index", found, None, "nl")).text
    assert en in Page(page("index", found, None, "en")).text


def test_the_first_page_answers_three_questions_and_links_to_why(results, opportunity, known):
    html = page("index", results, opportunity, "nl", facts=known)
    text = Page(html).text
    assert html.count('class="lead"') == 3
    assert "Helemaal niets binnen bereik is er in een deel van: Zandheuvel (6 tot en met 8 jaar)." in text
    assert (
        "Het minst te kiezen heeft wie 6 tot en met 8 jaar is in Zandheuvel: meestal niets binnen 20 minuten." in text
    )
    assert "‘Ruimte’ bij Buurthuis <De Zandloper>, op woensdag om 14:00, gratis, voor 6 tot en met 8 jaar" in text
    assert "tussen 9 en 44" in text
    assert re.search(r"Een loting komt op \d+%: er waren per persoon ongeveer \d+ activiteiten", text)
    assert "Ja, het nieuwe model mag live." in text
    assert {"reach.nl.html", "quality.nl.html", "changes.nl.html"} <= set(Page(html).addresses)


def test_a_closed_gate_is_not_called_open(results):
    found = copy.deepcopy(results)
    found["gate"] |= {"open": False, "checks": checks("worse_than_popular", "background"), "instead": "simple"}
    text = Page(page("index", found, None, "en")).text
    assert "No, the new model may not go live yet." in text
    assert "may go live." not in text.replace("may not go live", "")
    rows = next(one for one in sections("changes", found, None, "en") if one.key == "gate").body
    assert [value for (name, _), (value, _) in rows].count("not passed") == 2
    assert [value for (name, _), (value, _) in rows].count("not examined") == 1


def test_an_alarm_names_the_group_and_no_alarm_names_none(results):
    found = copy.deepcopy(results)
    gap = {
        "best": [[0, 0]],
        "worst": [[6, 10], [11, None]],
        "gap": 0.2,
        "by_chance": 0.07,
        "p": 0.01,
        "holm": 0.02,
        "alarm": True,
    }
    cells = [
        {"groups": [[0, 0]], "n": 40, "status": "interval", "value": 0.8, "low": 0.7, "high": 0.9},
        {"groups": [[6, 10], [11, None]], "n": 75, "status": "interval", "value": 0.6, "low": 0.5, "high": 0.7},
    ]
    found["groups"] = {"dimensions": [{"dimension": "history", "cells": cells, "why_none": None, "gap": gap}]}
    assert (
        "less well for one group: 6 or more activities (had done before)" in Page(page("index", found, None, "en")).text
    )
    gap["alarm"] = False
    assert "no difference larger than chance" in Page(page("index", found, None, "en")).text


def test_too_few_learners_give_a_page_without_a_figure(results):
    found = without_figures(results)
    read = Page(render(found, "nl"))
    assert "minder dan 10 deelnemers" in read.text
    assert "svg" not in {tag for tag, _ in read.tags}


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_with_nothing_at_all_every_page_says_what_to_do(name, lang):
    read = Page(page(name, None, None, lang))
    assert "svg" not in {tag for tag, _ in read.tags}
    assert "None" not in read.text
    if name in ("index", "reach", "quality"):
        assert "make evaluate" in read.text


# who may not be seen


def test_a_hidden_cell_is_called_hidden_and_not_drawn(results):
    found = copy.deepcopy(results)
    for figures in found["models"].values():
        for name in figures:
            if "theme_recall" in name or "new_activity_recall" in name:
                figures[name] = dict(HIDDEN)
    one = next(one for one in sections("groups", found, None, "en") if one.key == "themes")
    assert "too few learners" in one.sentence
    assert one.chart is None
    assert all(line[-1][0] == "too few learners" for line in one.body)


def test_no_figure_of_fewer_than_ten_people_is_shown_even_when_a_file_holds_one(results):
    found = copy.deepcopy(results)
    cells = [
        {"groups": ["Centrum"], "n": 40, "status": "interval", "value": 0.5, "low": 0.4, "high": 0.6},
        {"groups": ["Zandheuvel"], "n": 5, "status": "interval", "value": 0.987654, "low": 0.9, "high": 1.0},
    ]
    found["groups"] = {"dimensions": [{"dimension": "area", "cells": cells, "why_none": None, "gap": None}]}
    one = next(one for one in sections("groups", found, None, "en") if one.key == "groups")
    line = next(line for line in one.body if line[1][0] == "Zandheuvel")
    assert [value for value, _ in line[2:]] == ["–", "too few learners"]
    assert "Zandheuvel" not in one.chart.wide


def test_few_nearly_all_and_withheld_are_said_in_words(opportunity):
    found = sections("reach", None, opportunity, "en")
    gap = next(one for one in found if one.key == "gap")
    supply = {line[0][0]: line for line in gap.body}
    assert supply["6 to 8 years"][3][0] == "fewer than 10"
    assert supply["Whole city"][1][0] == "not shown"
    least = next(one for one in found if one.key == "deserts")
    assert least.body[0][3][0] == "nearly everybody"
    assert "Fewer than 10 of them then have enough." in next(one for one in found if one.key == "additions").sentence


def test_shares_that_tell_of_a_few_people_are_left_out_of_the_facts(two_tastes, tmp_path):
    from data.home import Home

    passports = two_tastes.passports.copy()
    passports.loc[:2, "age"] = ""
    few = copy.copy(two_tastes)
    object.__setattr__(few, "passports", passports)
    assert any(gap.what == "passports without age" for gap in not_known(few))
    gaps = {gap["code"]: gap["share"] for gap in facts(few, Home(tmp_path))["gaps"]}
    assert gaps["passports_without_age"] is None
    assert gaps["passports_without_home"] == 1.0, "all of them is nobody in particular"
    assert facts(few, Home(tmp_path))["release"] is None


# narrowed, and in other words


def test_the_reader_can_narrow_the_pages(opportunity):
    one = deserts(sources(None, opportunity, "nl", area="Centrum", band="18-64"))
    assert [line[0][0] for line in one.body] == ["Centrum"]
    assert "Wijk: Centrum" in page("reach", None, opportunity, "nl", area="Centrum")
    assert len(deserts(sources(None, opportunity, "nl", area="Nergens")).body) == 2
    with pytest.raises(TypeError):
        sections("reach", None, opportunity, "nl", colour="red")
    with pytest.raises(ValueError, match="none of index"):
        page("nothing", None, None, "nl")


def test_the_addresses_of_the_pages_can_be_those_of_a_service(results):
    html = page("index", results, None, "nl", links=lambda name, lang: f"/desk/{name}?lang={lang}")
    assert {"/desk/reach?lang=nl", "/desk/index?lang=en"} <= set(Page(html).addresses)


def test_a_name_cannot_break_the_page(results, opportunity):
    found, other = copy.deepcopy(results), copy.deepcopy(opportunity)
    found["city"]["name"] = "<script>alert(1)</script> & Co"
    other["reach"]["cells"][0]["area"] = other["deserts"][1]["area"] = "<b>'\"</b>"
    html = page("index", found, other, "en") + page("reach", found, other, "en")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


def test_numbers_and_days_follow_the_language():
    nl, en = Words("nl"), Words("en")
    assert nl.percent(0.0312) == "3,1%"
    assert en.percent(0.31) == "31%"
    assert nl.points(-0.031) == "−3,1"
    assert nl.count(12345) == "12.345"
    assert en.count(12345) == "12,345"
    assert nl.number(0.1234) == "0,123"
    assert nl.percent(None) == en.count(None) == en.points(None) == "–"
    late = "2026-04-30T22:30:00+00:00"
    assert nl.day(late, "Europe/Amsterdam") == "1 mei 2026"
    assert en.day(late, "UTC") == "30 April 2026"
    assert nl.month(late, "Europe/Amsterdam") == "mei 2026"
    assert nl.series(["a", "b", "c"]) == "a, b en c"
    assert Words("fy").lang == "en"


def test_both_languages_say_the_same_things():
    """Every key with the same placeholders, so that a translation cannot fall behind."""

    def keys(table, prefix=""):
        found = {}
        for key, value in table.items():
            if isinstance(value, dict):
                found |= keys(value, f"{prefix}{key}.")
            else:
                found[prefix + key] = sorted(set(re.findall(r"{(\w+)}", str(value))))
        return found

    tables = [keys(Words(lang).messages.table) for lang in languages(FOLDER)]
    assert len(tables) == 2
    assert tables[0] == tables[1]


def test_every_list_has_a_name_and_an_explanation(measured):
    for lang in languages(FOLDER):
        words = Words(lang)
        for name in measured["models"]:
            assert words.messages.has("models", name), name
            assert words.messages.has("explain", name), name


def test_the_words_for_engine_and_served_are_those_of_the_evaluation():
    assert (ENGINE, SERVED) == (verdict.ENGINE, verdict.SERVED)


def test_the_strongest_simple_list_is_neither_the_engine_nor_lots_nor_the_oracle(results):
    found = copy.deepcopy(results)
    found["models"]["oracle"] = copy.deepcopy(found["models"]["content"])
    for name, value in (("oracle", 1.0), ("random", 0.99), ("leerlijn_served", 0.98), ("content", 0.97)):
        found["models"][name]["recall@10"]["value"] = value
    assert strongest(found) == "content"


@pytest.mark.parametrize(
    ("bands", "text"),
    [
        (None, "alle leeftijden"),
        ([[6, 8], [9, 11]], "6 tot en met 11 jaar"),
        ([[6, 8], [12, 17]], "6 tot en met 8 jaar en 12 tot en met 17 jaar"),
        ([[65, 120]], "65 jaar of ouder"),
    ],
)
def test_bands_read_as_ages(bands, text):
    assert bands_text(bands, Words("nl")) == text


def test_areas_and_merged_groups_have_names():
    words = Words("en")
    assert areas_text(None, words) == "Whole city"
    assert areas_text([""], words) == "area not known"
    assert areas_text(["A", "B", "C", "D"], words) == "A, B and 2 more areas"
    assert groups_text("age", [[18, 64], [65, 120], None], words) == "18 years or older and not known"
    assert groups_text("history", [[1, 2], [3, 5]], words) == "1 to 5 activities"
    assert groups_text("domain", ["nature"], words) == "nature"


# the model card and the register


def test_the_register_record_has_every_field_of_the_standard_within_its_length(results, known):
    for lang in languages(FOLDER):
        of = sources(results, None, lang, known)
        found = record(of)
        assert set(found) == {field for fields in FIELDS.values() for field in fields} | {"lang", "standard_version"}
        assert all(found[field] is None for field in FOR_THE_CITY), "only the city can say"
        assert all(len(found[field]) <= most for field, most in LONGEST.items() if found[field]), lang
        assert found["status"] == "In ontwikkeling", "an invented town serves nobody"
        assert "{" not in json.dumps({key: value for key, value in found.items() if isinstance(value, str)})[1:-1]


def test_a_city_of_its_own_with_a_release_in_service_is_in_use(known):
    own = copy.deepcopy(known)
    own["city"]["origin"] = "own"
    assert record(sources(None, None, "nl", own))["status"] == "In gebruik"


def test_the_model_card_tells_of_the_release_and_the_figures(results, known):
    text = " ".join(line for _, lines in card(sources(results, None, "en", known)) for line in lines)
    assert known["release"]["name"] in text
    assert "wishes (1.34)" in text
    assert "ALS" not in text.split("In order of weight")[1].split(".")[0], "what weighs nothing is not looked at"
    assert f"{results['models'][ENGINE]['recall@10']['value']:.3f}" in text
    empty = " ".join(line for _, lines in card(sources(None, None, "en")) for line in lines)
    assert "No model has been made yet." in empty


def test_what_changed_names_the_settings_and_the_stamps(results, known):
    one = next(s for s in sections("changes", results, None, "en", facts=known) if s.key == "made_of")
    assert (
        one.sentence == "There are 320 more stamps, and these settings are different: who did this also did that (ALS)."
    )
    alone = {**known, "previous": None}
    one = next(s for s in sections("changes", results, None, "en", facts=alone) if s.key == "made_of")
    assert one.sentence == "This is the first model of this city."


# drawings


def row(**more):
    return {
        "label": "Most visited, last 30 days",
        "value": 0.2,
        "low": 0.1,
        "high": 0.3,
        "colour": "#000000",
        "group": "",
        **more,
    }


def width_of(svg):
    return float(re.search(r'width="([\d.]+)"', svg)[1])


def test_both_widths_are_drawn():
    svg = intervals_chart([row()], "share", True, Words("en").locale)
    assert width_of(svg.wide) == pytest.approx(WIDE, abs=12)
    assert width_of(svg.narrow) == pytest.approx(NARROW, abs=12)
    assert "30%" in svg.wide


@pytest.mark.parametrize(
    "long", ["a label of a good many words that goes on", "Gemeenschapshuis aan de overkant van het water"]
)
def test_a_long_label_does_not_widen_the_drawing(long):
    locale = Words("nl").locale
    charts = [
        intervals_chart([row(label=long, group=long)], long, True, locale, line=0.2),
        stacked_chart([row(label=long, part=0, text="20%")], long, True, locale),
        dots_chart([{"label": long, "column": "b", "value": 3}], ["a", "b"], locale),
    ]
    for svg in charts:
        assert width_of(svg.wide) < WIDE + 12
        assert width_of(svg.narrow) < NARROW + 12


@pytest.mark.parametrize(("high", "percent", "top"), [(0.012, True, None), (2.2, False, 7), (0.9, True, None)])
def test_no_tick_says_the_same_as_its_neighbour(high, percent, top):
    svg = intervals_chart([row(label="a", value=high / 2, low=0, high=high)], "share", percent, Words("nl").locale, top)
    for drawn in (svg.wide, svg.narrow):
        ticks = re.findall(r">(\d+%?)</text>", drawn)
        assert len(ticks) > 1
        assert len(ticks) == len(set(ticks))


def test_nothing_to_draw_is_no_chart():
    locale = Words("nl").locale
    hidden = row(value=None)
    assert intervals_chart([hidden], "share", True, locale) is None
    assert stacked_chart([{**hidden, "part": 0, "text": ""}], "share", True, locale) is None
    assert lines_chart([{**hidden, "moment": "a", "series": 0}], "share", True, locale) is None
    assert dots_chart([], ["a"], locale) is None
    assert reach_map([("", [])], [], [], locale, "{km} km") is None


def test_a_difference_may_lie_below_zero_and_a_ratio_far_from_one():
    locale = Words("nl").locale
    below = intervals_chart([row(value=-0.1, low=-0.2, high=-0.05)], "less", True, locale, line=0.0)
    assert "−20%" in below.wide or "-20%" in below.wide
    ratios = intervals_chart([row(value=0.25, low=0.2, high=0.3)], "times", False, locale, line=1.0, log=True)
    assert ">0,25</text>" in ratios.wide


def test_the_map_draws_every_square_and_writes_its_number(opportunity):
    squares = [{"lat": 51.755 + row / 100, "lon": 5.535, "step": row, "text": str(row)} for row in range(4)]
    hidden = {"lat": 51.755, "lon": 5.545, "step": None, "text": ""}
    names = [{"text": "Centrum", "lon": 5.535, "top": 51.79, "bottom": 51.75}]
    svg = reach_map(
        [("One", [*squares, hidden])], [{"lat": 51.757, "lon": 5.536}], names, Words("nl").locale, "{km} km"
    )
    for drawn in (svg.wide, svg.narrow):
        assert all(f"var(--step-{step})" in drawn for step in range(4))
        assert all(f">{step}</text>" in drawn for step in range(4))
        assert ">Centrum</text>" in drawn
        assert re.search(r">[\d.]+ km</text>", drawn)


def test_a_map_without_room_for_numbers_marks_what_is_empty():
    squares = [
        {"lat": 51.7 + r / 100, "lon": 5.5 + c / 100, "step": int((r + c) % 2), "text": "7"}
        for r in range(30)
        for c in range(30)
    ]
    svg = reach_map([("One", squares), ("Two", squares)], [], [], Words("nl").locale, "{km} km")
    assert ">7</text>" not in svg.wide
    assert 'stroke="var(--warn)"' in svg.wide
    assert width_of(svg.wide) < WIDE + 20


def test_sources_without_anything_know_no_city():
    of = Sources({}, {}, {}, Words("nl"))
    assert (of.name, of.zone, of.measured, of.smallest) == ("", "UTC", False, 10)
