"""Hand-written entries in the two formats of Madrid's agenda, and the real files where they are at hand."""

import json
import math
from collections import Counter
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from data.columns import TABLES
from data.feeds import madrid
from data.feeds.mapping import FOLDER, load
from data.feeds.series import MOST_SESSIONS, Series
from data.feeds.spanish import ages, clean, price, status
from data.folder import read_folder, write_folder
from data.translate import catalogue_from
from recommender.errors import BadInput

ZONE = ZoneInfo("Europe/Madrid")
HEADER = (
    " ID-EVENTO;TITULO;PRECIO;GRATUITO;LARGA-DURACION;DIAS-SEMANA;DIAS-EXCLUIDOS;FECHA;FECHA-FIN;HORA;DESCRIPCION;"
    "NOMBRE-INSTALACION;ACCESIBILIDAD-INSTALACION;DISTRITO-INSTALACION;LATITUD;LONGITUD;TIPO;AUDIENCIA;"
)
PLAIN = {
    "ID-EVENTO": "101",
    "TITULO": "Cuentos del río",
    "PRECIO": "",
    "GRATUITO": "1",
    "LARGA-DURACION": "0",
    "FECHA": "2022-02-05 00:00:00.0",
    "FECHA-FIN": "2022-02-05 23:59:00.0",
    "HORA": "18:00",
    "DESCRIPCION": "Ni&ntilde;as y ni&ntilde;os   de 3 a 5 a&ntilde;os.",
    "NOMBRE-INSTALACION": "Biblioteca Pública Municipal Río (Usera)",
    "ACCESIBILIDAD-INSTALACION": "1,6",
    "DISTRITO-INSTALACION": "PUENTE DE VALLECAS",
    "LATITUD": "40.39",
    "LONGITUD": "-3.7",
    "TIPO": "/contenido/actividades/CuentacuentosTiteresMarionetas",
    "AUDIENCIA": "/usuario/Niños,/usuario/Familias",
}


def as_csv(*rows):
    names = [name.strip() for name in HEADER.split(";")][:-1]
    lines = [";".join(f'"{row.get(name, "")}"' for name in names) + ";" for row in rows]
    return "\r\n".join([HEADER, *lines]) + "\r\n"


def entry(**more):
    return PLAIN | more


def again(days, last, **more):
    return entry(**{"LARGA-DURACION": "1", "DIAS-SEMANA": days, "FECHA-FIN": f"{last} 23:59:00.0"} | more)


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def local(seconds):
    return datetime.fromtimestamp(int(seconds), ZONE)


def test_one_entry():
    tables = madrid.parse_csv(as_csv(PLAIN))
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert (activity["title"], activity["description"]) == ("Cuentos del río", "Niñas y niños de 3 a 5 años.")
    assert (activity["age_min"], activity["age_max"], activity["price"]) == (3, 5, 0)
    assert (activity["themes"], activity["form"], activity["language"]) == ("stories:1", "informal", "es")
    assert activity["company"] == "family"
    assert activity["venue_id"] == venue["venue_id"] == "biblioteca-publica-municipal-rio-usera"
    assert (venue["domain"], venue["area"], venue["accessible"]) == ("library", "Puente de Vallecas", 1)
    assert local(session["start"]) == datetime(2022, 2, 5, 18, tzinfo=ZONE)
    assert session["end"] - session["start"] == 2 * 3600
    assert (session["status"], session["drop_in"]) == ("scheduled", 0)
    assert local(tables.city.as_of) == datetime(2022, 2, 5, 7, tzinfo=ZONE)
    assert (tables.city.id, tables.city.languages, tables.city.origin) == ("madrid", ("es", "en"), "own")
    assert len(tables.quarantine) == 0
    assert "madrid.csv: sessions with an assumed end: 1" in tables.notes


@pytest.mark.parametrize(
    "encode", [str, lambda t: t.encode(), lambda t: t.encode("utf-8-sig"), lambda t: t.encode("latin-1")]
)
def test_every_encoding_it_was_ever_published_in(encode):
    tables = madrid.parse_csv(encode(as_csv(PLAIN)))
    assert only(tables.activities)["title"] == "Cuentos del río"
    assert only(tables.activities)["activity_id"] == "101"


def test_x_is_wednesday_and_excluded_days_are_closed():
    row = again("L,X", "2022-02-17", **{"FECHA": "2022-02-07 00:00:00.0", "DIAS-EXCLUIDOS": "9/2/2022;14/02/2022;"})
    days = [local(start).date() for start in madrid.parse_csv(as_csv(row)).sessions["start"]]
    assert days == [date(2022, 2, 7), date(2022, 2, 16)]


def test_an_excluded_day_that_cannot_be_read_costs_only_itself():
    row = again("L,X", "2022-02-09", **{"FECHA": "2022-02-07 00:00:00.0", "DIAS-EXCLUIDOS": "9/2/2022;/2/2022;"})
    tables = madrid.parse_csv(as_csv(row))
    assert len(tables.sessions) == 1
    line = only(tables.quarantine)
    assert (line["row"], line["field"], line["value"]) == ("2", "DIAS-EXCLUIDOS", "/2/2022")


def test_without_an_hour_it_is_a_drop_in():
    for hour in ("", "00:00"):
        session = only(madrid.parse_csv(as_csv(entry(HORA=hour))).sessions)
        assert session["drop_in"] == 1
        assert (local(session["start"]).hour, local(session["end"]).hour) == (10, 20)


def test_summer_time_moves_the_moment_not_the_hour():
    row = again("D", "2022-04-03", FECHA="2022-03-20 00:00:00.0", HORA="11:00")
    starts = madrid.parse_csv(as_csv(row)).sessions["start"]
    assert [local(start).hour for start in starts] == [11, 11, 11]
    assert starts.diff().tolist()[1:] == [7 * 86400 - 3600, 7 * 86400]


def test_a_long_exhibition_keeps_its_next_days():
    show = again("L,M,X,J,V,S,D", "2028-01-31", **{"ID-EVENTO": "7", "FECHA": "2018-02-01 00:00:00.0", "HORA": ""})
    tables = madrid.parse_csv(as_csv(show, entry(TITULO="Otro")))
    found = tables.sessions[tables.sessions["activity_id"] == "7"]
    assert len(found) == MOST_SESSIONS
    assert local(found["start"].min()).date() == date(2022, 2, 5)
    left_out = (date(2028, 1, 31) - date(2018, 2, 1)).days + 1 - MOST_SESSIONS
    assert f"madrid.csv: further sessions left out: {left_out}" in tables.notes


def test_a_show_that_is_nearly_over_also_keeps_its_last_days():
    show = again("L,M,X,J,V,S,D", "2022-02-06", **{"ID-EVENTO": "7", "FECHA": "2020-02-01 00:00:00.0", "HORA": ""})
    found = madrid.parse_csv(as_csv(show, entry(TITULO="Otro"))).sessions
    found = found[found["activity_id"] == "7"]
    assert len(found) == MOST_SESSIONS
    assert local(found["start"].max()).date() == date(2022, 2, 6)


def test_the_same_title_at_the_same_place_is_one_activity():
    rows = [entry(**{"ID-EVENTO": str(n), "HORA": f"1{n}:00"}) for n in range(3)]
    elsewhere = entry(**{"ID-EVENTO": "9", "NOMBRE-INSTALACION": "Teatro Circo Price"})
    dearer = entry(**{"ID-EVENTO": "8", "GRATUITO": "0", "PRECIO": "3 euros"})
    tables = madrid.parse_csv(as_csv(*rows, elsewhere, dearer))
    assert tables.activities["activity_id"].tolist() == ["0", "9", "8"]
    assert Counter(tables.sessions["activity_id"]) == {"0": 3, "9": 1, "8": 1}
    assert tables.sessions["session_id"].tolist()[:3] == ["0-20220205T1000", "1-20220205T1100", "2-20220205T1200"]


def test_cancelled_in_the_title():
    session = only(madrid.parse_csv(as_csv(entry(TITULO="Carlos y el pueblo. CANCELADA"))).sessions)
    assert session["status"] == "cancelled"


@pytest.mark.parametrize(
    ("more", "field", "told"),
    [
        ({"ID-EVENTO": ""}, "ID-EVENTO", "a value"),
        ({"TITULO": " "}, "TITULO", "a value"),
        ({"FECHA": "mañana"}, "FECHA", "a date"),
        ({"FECHA-FIN": "2022-02-04 23:59:00.0"}, "FECHA-FIN", "not before 2022-02-05"),
        ({"FECHA-FIN": "2099-02-04 23:59:00.0"}, "FECHA-FIN", "within twenty years"),
        ({"HORA": "por la tarde"}, "HORA", "a time such as 18:30"),
        ({"DIAS-SEMANA": "L,W"}, "DIAS-SEMANA", "L,M,X,J,V,S,D"),
        ({"DIAS-SEMANA": "L"}, "FECHA-FIN", "a day that is left"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used_goes_to_quarantine(more, field, told):
    tables = madrid.parse_csv(as_csv(entry(TITULO="Otro"), entry(**more)), "agenda.csv")
    line = only(tables.quarantine)
    assert (line["source"], line["row"], line["field"]) == ("agenda.csv", "3", field)
    assert told in line["expected"]
    assert json.loads(line["record"])["DISTRITO-INSTALACION"] == "PUENTE DE VALLECAS"
    assert len(tables.activities) == 1


def test_a_row_of_the_wrong_width_goes_to_quarantine():
    tables = madrid.parse_csv(as_csv(PLAIN) + '"1";"short"\r\n')
    assert only(tables.quarantine)["row"] == "3"


def test_a_venue_with_an_impossible_point_goes_to_quarantine_and_its_activity_stays():
    tables = madrid.parse_csv(as_csv(entry(LATITUD="440.1")))
    assert tables.quarantine["field"].tolist() == ["lat", "venue_id"]
    assert only(tables.activities)["venue_id"] == ""


EVENT = {
    "@type": "https://datos.madrid.es/egob/kos/actividades/Musica/Zarzuela",
    "id": "201",
    "title": "Noche de zarzuela",
    "description": "Recomendado para mayores de 12 años.",
    "price": 1,
    "dtstart": "2018-05-05 19:30:00.0",
    "dtend": "2018-05-05 23:59:00.0",
    "excluded-days": "",
    "event-location": "Teatro Circo Price",
    "address": {"district": {"@id": "https://datos.madrid.es/egob/kos/Provincia/Madrid/Municipio/Madrid/Distrito/Fuencarral-ElPardo"}},
    "location": {"latitude": 40.4, "longitude": -3.7},
}  # fmt: skip


def as_json(*events):
    return json.dumps({"@context": {}, "@graph": list(events)})


def test_one_entry_of_2018():
    tables = madrid.parse_json(as_json(EVENT))
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert (activity["themes"], activity["price"], activity["age_min"]) == ("zarzuela:1", 0, 12)
    assert math.isnan(activity["age_max"])
    assert (venue["domain"], venue["area"], venue["lat"], venue["lon"]) == (
        "culture",
        "Fuencarral-El Pardo",
        40.4,
        -3.7,
    )
    assert math.isnan(venue["accessible"])
    assert local(session["start"]) == datetime(2018, 5, 5, 19, 30, tzinfo=ZONE)


def test_price_0_of_2018_is_not_free_but_not_known():
    assert math.isnan(only(madrid.parse_json(as_json(EVENT | {"price": 0})).activities)["price"])


def test_recurrence_of_2018():
    weekly = {"days": "TU,WE", "frequency": "WEEKLY", "interval": 2}
    event = EVENT | {"dtstart": "2018-05-01 00:00:00.0", "dtend": "2018-05-16 23:59:00.0", "recurrence": weekly}
    tables = madrid.parse_json(as_json(event | {"excluded-days": "15/5/2018;"}))
    assert [local(start).date().day for start in tables.sessions["start"]] == [1, 2, 16]
    assert tables.sessions["drop_in"].tolist() == [1, 1, 1]


def test_a_recurrence_that_is_not_weekly_is_not_guessed_at():
    tables = madrid.parse_json(as_json(EVENT, EVENT | {"id": "2", "recurrence": {"frequency": "MONTHLY"}}))
    assert only(tables.quarantine)[["row", "field", "value"]].tolist() == ["2", "frequency", "MONTHLY"]


@pytest.mark.parametrize("odd", [None, 7, [], {"id": "1"}, EVENT | {"location": "here"}, EVENT | {"title": None}])
def test_whatever_stands_in_the_graph_the_rest_is_read(odd):
    tables = madrid.parse_json(as_json(odd, EVENT))
    assert only(tables.quarantine)["row"] == "1"
    assert only(tables.activities)["activity_id"] == "201"


def test_an_event_without_place_audience_or_category_is_kept():
    bare = {key: EVENT[key] for key in ("id", "title", "dtstart", "dtend")}
    activity = only(madrid.parse_json(as_json(bare | {"title": "Algo"})).activities)
    assert (activity["venue_id"], activity["themes"]) == ("", "")
    assert math.isnan(activity["price"])


@pytest.mark.parametrize(
    ("parse", "content", "told"),
    [
        (madrid.parse_json, "{\n'@graph'", "madrid.json, line 2: not JSON"),
        (madrid.parse_json, "[]", "no list '@graph'"),
        (madrid.parse_csv, "", "column 'ID-EVENTO' is missing"),
        (madrid.parse_csv, "activity_id,title\n", "this is not Madrid's agenda"),
    ],
)
def test_what_is_no_agenda_is_refused(parse, content, told):
    with pytest.raises(BadInput, match=told):
        parse(content)


def test_an_agenda_without_entries_is_an_empty_city():
    tables = madrid.parse_json(as_json())
    assert (len(tables.activities), tables.city.as_of) == (0, None)


def test_a_folder_gives_its_newest_agenda(tmp_path):
    (tmp_path / "old.json").write_text(as_json(EVENT), encoding="utf-8")
    (tmp_path / "new.csv").write_text(as_csv(PLAIN), encoding="latin-1")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert only(madrid.read(tmp_path).activities)["activity_id"] == "101"
    assert only(madrid.read(tmp_path / "old.json").activities)["activity_id"] == "201"
    (tmp_path / "old.json").unlink()
    (tmp_path / "new.csv").unlink()
    with pytest.raises(BadInput, match=r"no agenda of Madrid in here; other\.csv: column"):
        madrid.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3 a 5 años. Leyendo cuentos", 3, 5),
        ("Edades: de 3 a 5 años", 3, 5),
        ("entre 6 y 12 años", 6, 12),
        ("Desde los 3 a los 8 años.", 3, 8),
        ("Edad: de 14 a 30 años", 14, 30),
        ("de 9 a 36 meses", 0.75, 3),
        ("de 6 meses a 6 años", 0.5, 6),
        ("A partir de 3 años.", 3, None),
        ("Edad recomendada: + 4 años", 4, None),
        ("Recomendado para mayores de 16 años", 16, None),
        ("No recomendada para menores de 7 años", 7, None),
        ("niñas y niños de hasta 14 años de edad", None, 14),
        ("un chico de 5 años descubre el mar", None, None),
        ("cumple 10 años en nuestra ciudad", None, None),
        ("16 jóvenes de 70 a 85 años", None, None),
        ("desde hace 18 años", None, None),
        ("Niños", None, None),
        ("", None, None),
    ],
)
def test_only_explicit_words_give_an_age(text, low, high):
    found = [None if math.isnan(age) else age for age in ages(text)]
    assert found == [low, high]


def test_the_title_tells_before_the_description():
    assert ages("6 a 9 años. Rumpelstilskin", "A partir de 3 años") == (6, 9)


@pytest.mark.parametrize(
    ("text", "said_free", "euros"),
    [
        ("", True, 0),
        ("", False, None),
        ("3,50 euros", False, 3.5),
        ("5 euros (tanto niños como adultos)", False, 5),
        ("10 euros. Público de 3 a 11 años", False, 10),
        ("De 6 a 22 euros", False, None),
        ("Participantes: 90 euros  Oyentes: 25 euros", False, None),
        ("8 euros por alumno (Grupos mínimo 20 alumnos)", False, None),
        ("Platea: 22?  Preferente: 20?", False, None),
        ("Entrada libre hasta completar aforo", False, 0),
        ("Por confirmar", False, None),
        ("5 euros", True, None),
    ],
)
def test_only_a_plain_amount_is_a_price(text, said_free, euros):
    found = price(text, said_free)
    assert (None if math.isnan(found) else found) == euros


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Yoga. CANCELADA", "cancelled"),
        ("CANCELADO: Yoga", "cancelled"),
        ("Yoga (suspendida)", "cancelled"),
        ("Yoga - Aforo completo", "full"),
        ("Entradas agotadas", "full"),
        ("Amor cancelado en tres actos", "scheduled"),
        ("El cuerpo completo del arte", "scheduled"),
    ],
)
def test_what_a_title_says_of_its_session(title, expected):
    assert status(title) == expected


def test_clean_text():
    assert clean("  Cars &amp; <b>Batukada</b>\u00a0 x ") == "Cars & Batukada x"


def test_an_hour_that_the_clock_skips_moves_on():
    (found,) = Series(date(2022, 3, 27), date(2022, 3, 27), time(2, 30)).occurrences(ZONE)
    assert (found.start.hour, found.start.minute, found.end.hour) == (3, 30, 5)


def test_the_shipped_mapping_is_complete_and_can_be_edited(tmp_path):
    mapping = load("madrid")
    assert mapping.of_category("Musica/Zarzuela") == ("zarzuela", "informal")
    assert mapping.of_category("Musica/Nueva") == ("music", "informal")
    assert mapping.of_category("Nada") == ("", "")
    assert mapping.of_words("title", "Taller de cerámica")[0] == "crafts:1;workshops:0.5"
    assert not (mapping.themes[["nl", "en", "es"]] == "").any(axis=None)
    for file in FOLDER.glob("madrid*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "madrid.csv").open("a") as file:
        file.write("category,Nada,dragons,\n")
    with pytest.raises(BadInput, match=r"madrid\.csv, line \d+: theme 'dragons' does not stand in madrid_themes\.csv"):
        load("madrid", tmp_path)


@pytest.fixture(
    scope="module", params=["agenda-eventos-culturales-100_2018-05.json", "agenda-eventos-culturales-100_2022-01.csv"]
)
def real(request, shared_data):
    return madrid.read(shared_data / "feeds" / "madrid" / request.param)


def test_the_real_agenda_loses_nothing(real):
    """1,000 entries of 2018 and 886 of 2022: each is a session of some activity."""
    entries = 1000 if real.city.as_of < 1_600_000_000 else 886
    assert real.notes[0].startswith(
        f"agenda-eventos-culturales-100_{'2018-05.json' if entries == 1000 else '2022-01.csv'}: {entries} entries"
    )
    assert {session.partition("-")[0] for session in real.sessions["session_id"]} >= set(real.activities["activity_id"])
    rejected = real.quarantine[~real.quarantine["expected"].str.contains("kept without")]
    assert len(rejected) == 0


def test_the_real_agenda_becomes_a_catalogue(real):
    catalogue = catalogue_from(real)
    assert len(catalogue.activities) > 800
    assert (catalogue.activities.themes.sum(axis=1) > 0).mean() > 0.85
    assert (catalogue.venues.domain >= 0).all()
    assert 40.3 < np.nanmin(catalogue.venues.lat) < np.nanmax(catalogue.venues.lat) < 40.6
    assert (catalogue.sessions.end > real.city.as_of).mean() > 0.5
    known = real.activities[["age_min", "age_max"]].notna().any(axis=1)
    assert 0.1 < known.mean() < 0.3
    assert set(real.venues["area"]) <= {*madrid.DISTRICTS, ""}


def test_the_real_agenda_is_a_folder_like_any_other(real, tmp_path):
    again_read = read_folder(write_folder(real, tmp_path))
    assert again_read.city == real.city
    for table in TABLES:
        pd.testing.assert_frame_equal(again_read.frame(table), real.frame(table))


def test_the_folder_of_both_real_agendas_gives_2022(shared_data):
    assert local(madrid.read(shared_data / "feeds" / "madrid").city.as_of).date() == date(2022, 1, 28)
