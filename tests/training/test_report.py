"""The page a coordinator reads: what it says, what it hides, and that it needs nothing from outside."""

import copy
import json
import re
from html.parser import HTMLParser

import pytest

from data.messages import languages
from data.pages.charts import NARROW, WIDE, intervals_chart
from data.pages.report import FOLDER, Words
from data.pages.report.section import strongest
from tests.training.conftest import DAY, FIRST_DAY
from training.evaluation.run import evaluate
from training.report.page import render, write

CUT = FIRST_DAY + 14 * 7 * DAY - 10 * 3600


@pytest.fixture(scope="module")
def results(two_tastes, quick):
    return evaluate(two_tastes, quick, CUT)


@pytest.fixture(scope="module")
def pages(results):
    return {lang: render(results, lang) for lang in ("nl", "en")}


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


class Page(HTMLParser):
    """Every tag with its attributes, and the text outside of styles."""

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


def test_there_is_a_page_for_every_language_and_the_figures_beside_it(results, tmp_path):
    written = write(results, tmp_path / "reports")
    assert [path.name for path in written] == ["evaluation.json", "evaluation.en.html", "evaluation.nl.html"]
    assert json.loads(written[0].read_text()) == results
    for path in written[1:]:
        lang = path.name.split(".")[1]
        page = Page(path.read_text())
        assert ("html", {"lang": lang}) in page.tags
        others = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
        assert others == [f"evaluation.{other}.html" for other in languages(FOLDER) if other != lang]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_needs_nothing_from_outside_and_runs_no_script(pages, lang):
    html = pages[lang]
    page = Page(html)
    assert not {"script", "link", "iframe", "img", "image", "use", "object"} & {tag for tag, _ in page.tags}
    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "action", "srcset")
    ]
    assert all(re.fullmatch(r"evaluation\.\w+\.html", address) for address in addresses)
    assert "url(" not in re.sub(r'(clip-path|fill|stroke)="url\(#\w+\)"', "", html)
    assert "@import" not in html


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_chart_has_a_sentence_a_number_an_interval_a_limit_and_a_table(pages, lang):
    html = pages[lang]
    words = Words(lang)
    charts = re.findall(
        r"<section aria-labelledby=\"(main|length|themes|history|breadth)\">(.*?)</section>", html, re.DOTALL
    )
    assert 4 <= len(charts) <= 5
    for key, section in charts:
        assert words(f"charts.{key}", "title") in section
        assert '<p class="sentence">' in section
        assert re.search(r'<p class="basis">[^<]*\d+[^<]*95%', section), key
        assert '<p class="cannot">' in section
        assert section.count("<svg") == 2, "one for a desk, one for a phone"
        assert re.search(r'role="img" aria-label="[^"]{30,}"', section)
        assert "<table>" in section
        assert section.count("<tr>") > 2


def test_a_drawing_says_nothing_of_its_own_to_a_screen_reader(pages):
    svgs = re.findall(r"<svg .*?</svg>", pages["en"], re.DOTALL)
    assert svgs
    for svg in svgs:
        assert svg.startswith('<svg aria-hidden="true"')
        assert "aria-label" not in svg
        assert "role=" not in svg


@pytest.mark.parametrize(
    ("code", "nl", "en"),
    [
        ("better", "Leerlijn doet het beter dan elke simpele lijst.", "Leerlijn does better than every simple list."),
        ("level", "niet duidelijk beter dan een simpele lijst", "not clearly better than a simple list"),
        ("worse", "Een simpele lijst doet het beter dan Leerlijn.", "A simple list does better than Leerlijn."),
    ],
)
def test_the_page_says_plainly_who_wins(results, code, nl, en):
    found = turned(results, code)
    english = Page(render(found, "en")).text
    assert nl in Page(render(found, "nl")).text
    assert en in english
    assert (Words("en")("page", "advice_worse") in english) == (code == "worse")


def test_too_few_learners_give_a_page_without_a_figure(results):
    found = {key: value for key, value in results.items() if key not in ("models", "differences", "history")}
    found["protocol"] = {
        key: found["protocol"][key] for key in ("cut", "until", "horizon_days", "learners", "bootstrap", "main")
    }
    found["verdict"] = {"code": "too_few", "figure": "recall@10", "needed": 10}
    page = Page(render(found, "nl"))
    assert "te weinig deelnemers" in page.text
    assert "svg" not in {tag for tag, _ in page.tags}


def test_a_hidden_cell_is_called_hidden_and_not_drawn(results):
    found = copy.deepcopy(results)
    hidden = {"value": None, "low": None, "high": None, "n": None}
    for figures in found["models"].values():
        figures["new_theme_recall@10"] = dict(hidden)
        figures["known_theme_recall@10"] = dict(hidden)
    html = render(found, "en")
    section = re.search(r'aria-labelledby="themes">(.*?)</section>', html, re.DOTALL)[1]
    assert "too few learners" in section
    assert "<svg" not in section


def test_a_city_name_cannot_break_the_page(results):
    found = copy.deepcopy(results)
    found["city"]["name"] = "<script>alert(1)</script> & Co"
    html = render(found, "en")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_numbers_and_days_follow_the_language():
    nl, en = Words("nl"), Words("en")
    assert nl.percent(0.0312) == "3,1%"
    assert en.percent(0.31) == "31%"
    assert nl.count(12345) == "12.345"
    assert en.count(12345) == "12,345"
    assert nl.number(0.1234) == "0,123"
    assert nl.percent(None) == en.count(None) == "–"
    late = "2026-04-30T22:30:00+00:00"
    assert nl.day(late, "Europe/Amsterdam") == "1 mei 2026"
    assert en.day(late, "UTC") == "30 April 2026"
    assert Words("fy").lang == "en"


def test_both_languages_say_the_same_things():
    """Every key with the same placeholders, so that a translation cannot fall behind."""

    def keys(table, prefix=""):
        found = {}
        for key, value in table.items():
            if isinstance(value, dict):
                found |= keys(value, f"{prefix}{key}.")
            else:
                found[prefix + key] = sorted(re.findall(r"{(\w+)}", str(value)))
        return found

    tables = [keys(Words(lang).messages.table) for lang in languages(FOLDER)]
    assert len(tables) == 2
    assert tables[0] == tables[1]


def test_the_strongest_simple_list_is_neither_the_engine_nor_lots(results):
    found = copy.deepcopy(results)
    found["models"]["random"]["recall@10"]["value"] = 0.99
    found["models"]["leerlijn_served"]["recall@10"]["value"] = 0.98
    found["models"]["content"]["recall@10"]["value"] = 0.97
    assert strongest(found) == "content"


def test_a_chart_takes_its_colours_from_the_page(pages):
    html = pages["en"]
    for svg in re.findall(r"<svg .*?</svg>", html, re.DOTALL):
        painted = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+|var\([^)]*\)|white|black)"', svg))
        assert painted <= {"var(--brand)", "var(--recreation)", "var(--soft)", "var(--ink)", "var(--rule)"}
        assert "var(--ink)" in painted
        assert all(f"{name[4:-1]}:" in html for name in painted)


def test_both_widths_are_drawn():
    row = {
        "label": "Most visited, last 30 days",
        "value": 0.2,
        "low": 0.1,
        "high": 0.3,
        "colour": "#000000",
        "group": "",
    }
    svg = intervals_chart([row], "share", True, Words("en").locale)
    width = {name: float(re.search(r'width="([\d.]+)"', getattr(svg, name))[1]) for name in ("wide", "narrow")}
    assert width["wide"] == pytest.approx(WIDE, abs=12)
    assert width["narrow"] == pytest.approx(NARROW, abs=12)
    assert "30%" in svg.wide


@pytest.mark.parametrize(("high", "percent", "top"), [(0.012, True, None), (2.2, False, 7), (0.9, True, None)])
def test_no_tick_says_the_same_as_its_neighbour(high, percent, top):
    row = {"label": "a", "value": high / 2, "low": 0, "high": high, "colour": "#000000", "group": ""}
    svg = intervals_chart([row], "share", percent, Words("nl").locale, top)
    for drawn in (svg.wide, svg.narrow):
        ticks = re.findall(r">(\d+%?)</text>", drawn)
        assert len(ticks) > 1
        assert len(ticks) == len(set(ticks))
