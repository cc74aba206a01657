"""From the raw bytes of a body to a checked question: strict, and clear about what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from api.problems import MOST_ERRORS, Problem, path, plain

Model = TypeVar("Model", bound=BaseModel)
MOST_TOLD, BEGINNING = 5000, 200
"""Above so many errors, only those among the first so many entries of each list and object are put in words."""

UNWANTED: Mapping[str, str] = {
    word: what
    for what, words in {
        "a name": "name names firstname lastname surname fullname nickname forename naam voornaam achternaam nombre "
        "apellido apellidos nom cognom cognoms",
        "a birth date": "birth birthdate birthday birthyear dob born geboortedatum geboortejaar geboren nacimiento "
        "naixement",
        "an address": "address street housenumber postcode postalcode zip zipcode email mail phone telephone mobile "
        "adres straat huisnummer telefoon mobiel direccion adreca correo",
        "a school": "school schools class classroom teacher klas leerjaar leerkracht escuela escola colegio",
        "a gender": "gender sex geslacht genero sexo sexe genere pronouns",
        "an origin": "origin ethnicity ethnic nationality race religion herkomst afkomst nationaliteit geboorteland "
        "godsdienst migration origen nacionalidad nacionalitat religio",
        "an income": "income salary inkomen salaris minima uitkering renta ingresos ingressos",
        "an identity number": "bsn ssn dni nie passportnumber identity",
    }.items()
    for word in words.split()
}
"""Words of field names that tell who somebody is, and what each of them stands for."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def unwanted(field: str) -> str | None:
    """What a field's name asks for that Leerlijn does not want, None when nothing.

    ``firstName``, ``first_name``, ``FIRSTNAME`` and ``schoolId`` are all seen for what they are.
    """
    words = [word.lower() for word in _WORD.findall(field)]
    candidates = [re.sub(r"[^a-z]", "", field.lower()), *words]
    return next((UNWANTED[word] for word in candidates if word in UNWANTED), None)


async def read(request: Request, model: type[Model]) -> Model:
    """The body of a request as a model.

    Raises
    ------
    Problem
        415 when it is not sent as JSON, 400 when it is not JSON, 422 with the path of every field that does
        not fit, or that Leerlijn does not want to know.
    """
    if request.query_params:
        names = [f"query.{name}" for name in request.query_params]
        errors = [{"field": name, "detail": "this address takes no query; put it in the body"} for name in names]
        raise Problem(422, "This address takes no query; put everything in the body.", errors)
    _check_media_type(request.headers.get("content-type", ""))
    return parse(await request.body(), model)


def _check_media_type(given: str) -> None:
    kind, _, rest = given.lower().partition(";")
    charset = rest.partition("charset=")[2].strip(' "') or "utf-8"
    if kind.strip() != "application/json" or charset not in ("utf-8", "utf8"):
        raise Problem(415, "Send the body as JSON in UTF-8, with the header Content-Type: application/json.")


def parse(body: bytes, model: type[Model]) -> Model:
    """Bytes as a model; see ``read`` for the errors."""
    try:
        question = model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(_first(error, body, model)) from None
    twice = _twice(body)
    if twice is not None:
        raise Problem(422, f"{twice}: stands in the body twice", [{"field": twice, "detail": "given twice"}])
    return question


def _first(error: ValidationError, body: bytes, model: type[BaseModel]) -> Sequence[Mapping[str, Any]]:
    """What does not fit. Putting half a million errors in words would take seconds: of so many only those near the beginning
    of every list and object, found by reading the body without the rest of it.
    """
    if error.error_count() <= MOST_TOLD:
        return error.errors(include_url=False)
    shorter = to_json(_shortened(from_json(body)), inf_nan_mode="constants")
    try:
        model.model_validate_json(shorter)
    except ValidationError as of_less:
        return of_less.errors(include_url=False)
    told = f"{error.error_count()} things do not fit, none of them among the first {BEGINNING} entries"
    return [{"type": "too_many", "loc": (), "msg": told}]


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in islice(value.items(), BEGINNING)}
    return [_shortened(inner) for inner in islice(value, BEGINNING)] if isinstance(value, list) else value


def _problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    if errors[0]["type"] == "json_invalid":
        return Problem(400, f"{errors[0]['msg']}. Send a JSON object, at least {{}}.")
    found_personal = (
        {"field": field, "detail": f"Leerlijn does not want {what}; leave this field out"}
        for error in errors
        if error["type"] == "extra_forbidden"
        for field, what in _personal(error["loc"], error["input"])
    )
    personal = list(islice(found_personal, MOST_ERRORS))
    if personal:
        return Problem(
            422,
            f"{personal[0]['field']}: {personal[0]['detail']}. Leerlijn recommends by interest and reach; it does not "
            "want to know who somebody is.",
            personal,
            slug="unwanted-data",
            title="Leerlijn does not want to know this",
        )
    found = [{"field": path(error["loc"]), "detail": plain(error)} for error in errors]
    return Problem(422, "; ".join(f"{one['field']}: {one['detail']}" for one in found[:3]), found)


def _personal(location: tuple[int | str, ...], value: Any) -> Iterator[tuple[str, str]]:
    """Every field at or under an unknown one that tells who somebody is, with its path."""
    what = unwanted(str(location[-1])) if isinstance(location[-1], str) else None
    if what:
        yield path(location), what
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _personal((*location, str(name)), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _personal((*location, place), inner)


class _TwiceError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _TwiceError
    return values


class _Pairs(list[tuple[str, Any]]):
    pass


def _twice(body: bytes) -> str | None:
    """Path of the first field that stands in its object twice; readers disagree on which of the two counts."""
    try:
        json.loads(body, object_pairs_hook=_unique)
    except _TwiceError:
        return _find_twice(json.loads(body, object_pairs_hook=_Pairs), ())
    return None


def _find_twice(value: Any, location: tuple[int | str, ...]) -> str | None:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, inner in value:
            found = path((*location, name)) if name in seen else _find_twice(inner, (*location, name))
            if found:
                return found
            seen.add(name)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            if found := _find_twice(inner, (*location, place)):
                return found
    return None
