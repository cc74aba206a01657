"""Madrid's agenda of activities and events (datos.madrid.es), as JSON (2018) or CSV (2022).

One entry is an activity with its dates; entries with the same title, venue, category, price and age are further
sessions of one activity. What the agenda does not say stays "not known"; what is assumed is counted in
``Tables.notes``:

- the agenda names no end: an hour means two hours, a day without an hour is a drop-in from 10:00 to 20:00;
- ages are read from explicit words only (see ``data.feeds.spanish``), never from the audience "Niños";
- ``price: 1`` (2018) and ``GRATUITO: 1`` mean free; otherwise one plain amount counts, anything else is not known;
- the language is Spanish unless the title says "en inglés";
- accessibility 1 is step-free, 0 is not; 2 (partly) and 3 say too little and stay not known.

The city's "now" is seven in the morning of the day of the first single event: then the agenda came out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from data.feeds.agenda import Entry, tables_from
from data.feeds.content import decoded, files_of, parsed_json, read_bytes
from data.feeds.mapping import CategoryMapping, load
from data.feeds.records import Odd, Reading, UnusableError, each
from data.feeds.series import Series
from data.feeds.spanish import ages, clean, plain, price
from data.tables import CitySettings, Tables
from data.validation import KEPT_WITHOUT
from recommender.errors import BadInput

CITY = CitySettings(
    id="madrid", name="Madrid", time_zone="Europe/Madrid", languages=("es", "en"), default_mode="transit"
)
DISTRICTS = (
    "Arganzuela", "Barajas", "Carabanchel", "Centro", "Chamartín", "Chamberí", "Ciudad Lineal", "Fuencarral-El Pardo",
    "Hortaleza", "Latina", "Moncloa-Aravaca", "Moratalaz", "Puente de Vallecas", "Retiro", "Salamanca",
    "San Blas-Canillejas", "Tetuán", "Usera", "Vicálvaro", "Villa de Vallecas", "Villaverde",
)  # fmt: skip
_SPANISH_DAYS = {"L": 0, "M": 1, "X": 2, "J": 3, "V": 4, "S": 5, "D": 6}
_ICAL_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_NEEDED = ("ID-EVENTO", "TITULO", "FECHA", "FECHA-FIN")


_Reader = Callable[[int, Any, Odd], Entry]


def _letters(text: str) -> str:
    return "".join(letter for letter in plain(text) if letter.isalpha())


_BY_LETTERS = {_letters(name): name for name in DISTRICTS}


def _district(text: str) -> str:
    """``PUENTE DE VALLECAS`` and ``PuenteDeVallecas`` → ``Puente de Vallecas``; what is no district stays as it is."""
    return _BY_LETTERS.get(_letters(text), text.strip())


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else "" if value is None else str(value)


def _day(field: str, text: str) -> date:
    try:
        return datetime.fromisoformat(text[:19]).date()
    except ValueError:
        raise UnusableError(field, text, "a date such as 2022-01-28 00:00:00.0") from None


def _excluded(field: str, text: str, odd: Odd) -> frozenset[date]:
    """The days left out. One that cannot be read costs only itself."""
    found = set()
    for part in text.split(";"):
        try:
            day, month, year = part.split("/") if part.strip() else ("", "", "")
            if year:
                found.add(date(int(year), int(month), int(day)))
        except ValueError:
            odd.append(UnusableError(field, part, "a day such as 15/5/2018" + KEPT_WITHOUT))
    return frozenset(found)


def _weekdays(field: str, text: str, names: Mapping[str, int]) -> frozenset[int]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not set(words) <= set(names):
        raise UnusableError(field, text, f"days out of {','.join(names)}")
    return frozenset(names[word] for word in words)


def _hour(field: str, text: str) -> time | None:
    """A time of day; midnight is how the agenda writes "not known"."""
    try:
        found = time.fromisoformat(text.strip()) if text.strip() else time()
    except ValueError:
        raise UnusableError(field, text, "a time such as 18:30") from None
    return found if found != time() else None


def _series(field: str, **when: Any) -> Series:
    try:
        series = Series(**when)
    except BadInput as error:
        raise UnusableError(field, when["last"], str(error)) from None
    if not series.days():
        raise UnusableError(field, when["last"], f"a day that is left between {series.first} and {series.last}")
    return series


def _accessible(codes: str) -> str:
    parts = {code.strip() for code in codes.split(",")}
    return "true" if "1" in parts else "false" if "0" in parts else ""


def _language(title: str) -> str:
    return "en" if "en ingles" in plain(title) else "es"


def _required(field: str, value: object) -> str:
    text = _text(value)
    if not text:
        raise UnusableError(field, "", "a value")
    return text


def _category(path: str) -> str:
    """What stands behind ``actividades/``: ``Musica/Zarzuela``."""
    return path.rpartition("actividades/")[2].strip("/ ")


def _from_csv(line: int, row: Mapping[str, str], odd: Odd) -> Entry:
    title = _required("TITULO", row["TITULO"])
    description, cost = _text(row.get("DESCRIPCION")), _text(row.get("PRECIO"))
    return Entry(
        line=line,
        id=_required("ID-EVENTO", row["ID-EVENTO"]),
        title=title,
        description=description,
        category=_category(row.get("TIPO", "")),
        family="Familias" in row.get("AUDIENCIA", ""),
        price=price(cost, row.get("GRATUITO", "").strip() == "1"),
        ages=ages(title, description, cost),
        venue=_text(row.get("NOMBRE-INSTALACION")),
        district=_district(row.get("DISTRITO-INSTALACION", "")),
        lat=row.get("LATITUD", "").strip(),
        lon=row.get("LONGITUD", "").strip(),
        accessible=_accessible(row.get("ACCESIBILIDAD-INSTALACION", "")),
        language=_language(title),
        when=_series(
            "FECHA-FIN",
            first=_day("FECHA", row["FECHA"]),
            last=_day("FECHA-FIN", row["FECHA-FIN"]),
            at=_hour("HORA", row.get("HORA", "")),
            weekdays=_weekdays("DIAS-SEMANA", row.get("DIAS-SEMANA", ""), _SPANISH_DAYS),
            excluded=_excluded("DIAS-EXCLUIDOS", row.get("DIAS-EXCLUIDOS", ""), odd),
        ),
    )


def _from_json(line: int, entry: Mapping[str, Any], odd: Odd) -> Entry:
    title, description = _required("title", entry.get("title")), _text(entry.get("description"))
    again = entry.get("recurrence") or {}
    if again.get("frequency", "WEEKLY") != "WEEKLY":
        raise UnusableError("frequency", again["frequency"], "WEEKLY")
    start = _required("dtstart", entry.get("dtstart"))
    place = entry.get("location") or {}
    district = ((entry.get("address") or {}).get("district") or {}).get("@id", "")
    return Entry(
        line=line,
        id=_required("id", entry.get("id")),
        title=title,
        description=description,
        category=_category(entry.get("@type") or ""),
        family="Familias" in (entry.get("audience") or ""),
        price=price("", entry.get("price") == 1),
        ages=ages(title, description),
        venue=_text(entry.get("event-location")),
        district=_district(district.rpartition("/")[2]),
        lat=_text(place.get("latitude")),
        lon=_text(place.get("longitude")),
        accessible="",
        language=_language(title),
        when=_series(
            "dtend",
            first=_day("dtstart", start),
            last=_day("dtend", _required("dtend", entry.get("dtend"))),
            at=_hour("dtstart", start[11:19]),
            weekdays=_weekdays("days", again.get("days") or "", _ICAL_DAYS),
            every=int(again.get("interval") or 1),
            excluded=_excluded("excluded-days", entry.get("excluded-days") or "", odd),
        ),
    )


def _collect(records: list[tuple[int, Any]], read: _Reader, source: str, mapping: CategoryMapping | None) -> Tables:
    entries: list[Entry] = []

    def keep(line: int, record: Any, odd: Odd) -> Reading:
        entries.append(read(line, record, odd))
        return Reading()

    whole = each(records, keep, source, "an entry of the agenda")
    return tables_from(entries, whole.rejected, mapping or load("madrid"), CITY, source, whole.records)


def parse_csv(content: bytes | str, source: str = "madrid.csv", mapping: CategoryMapping | None = None) -> Tables:
    """The agenda as CSV: ``;`` between cells, UTF-8 (with or without byte order mark) or latin-1.

    Raises
    ------
    BadInput
        When the header names none of the columns that an entry needs.
    """
    reader = csv.reader(io.StringIO(decoded(content, source, otherwise="latin-1"), newline=""), delimiter=";")
    # The first name has a space before it, the last is empty.
    names = [name.strip() for name in next(reader, [])]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise BadInput(f"{source}: column {missing[0]!r} is missing; this is not Madrid's agenda as CSV")
    records: list[tuple[int, Any]] = []
    before = reader.line_num
    for cells in reader:
        if any(cell.strip() for cell in cells):
            row = dict(zip(names, cells, strict=False)) if len(cells) == len(names) else cells
            records.append((before + 1, row))
        before = reader.line_num
    return _collect(records, _from_csv, source, mapping)


def parse_json(text: bytes | str, source: str = "madrid.json", mapping: CategoryMapping | None = None) -> Tables:
    """The agenda as JSON-LD; a row in quarantine is the place in ``@graph``, from 1.

    Raises
    ------
    BadInput
        When it is not JSON, or has no list ``@graph``.
    """
    content = parsed_json(text, source)
    graph = content.get("@graph") if isinstance(content, dict) else None
    if not isinstance(graph, list):
        raise BadInput(f"{source}: no list '@graph'; this is not Madrid's agenda as JSON")
    return _collect(list(enumerate(graph, start=1)), _from_json, source, mapping)


def _read_file(path: Path) -> Tables:
    content = read_bytes(path)
    parse = parse_json if path.name.removesuffix(".gz").endswith(".json") else parse_csv
    return parse(content, path.name)


def read(path: Path, now: int | None = None) -> Tables:
    """The agenda in a file, or the newest one in a folder: agendas of different years are different seasons.

    ``now`` is not asked for: an agenda says itself when it came out.

    Raises
    ------
    BadInput
        When there is no such file, or none in the folder is Madrid's agenda; the message says what was wrong.
    """
    path = Path(path)
    if path.is_file():
        return _read_file(path)
    files = files_of(path, (".csv", ".json"))
    found, wrong = [], []
    for file in files:
        try:
            found.append(_read_file(file))
        except BadInput as error:
            wrong.append(str(error))
    if not found:
        raise BadInput(f"{path}: no agenda of Madrid in here; {'; '.join(wrong) or 'no .csv or .json file'}")
    return max(found, key=lambda tables: tables.city.as_of or 0)
