"""A closing sentence for a description, where one fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from data.simulation.places import Site
from data.simulation.texts import Idea, read_toml

_LONG = 3
_CHANCE = 0.55


class Tails:
    """The sentences of ``tails.toml``."""

    def __init__(self) -> None:
        self.records: list[Mapping[str, Any]] = read_toml("tails.toml")["tail"]

    def pick(
        self,
        text: str,
        idea: Idea,
        site: Site,
        audience: str,
        company: str,
        price: float,
        access: str,
        rng: np.random.Generator,
    ) -> str:
        """A sentence with a space before it, or ``""``: a description has at most three sentences."""
        facts = {"kind": idea.kind, "domain": site.domain, "audience": audience, "theme": idea.theme}
        fitting = [
            record["text"]
            for record in self.records
            if all(facts[name] in record[name].split() for name in facts if name in record)
            and record.get("company", "") in [*company.split(";"), ""]
            and record.get("access", "") in [*access.split(";"), ""]
            and not any(word in text.lower() for word in record.get("unless", "").split())
            and (price == 0 if record.get("free") else True)
            and (site.mobile if record.get("mobile") else True)
        ]
        wants, place = rng.random(2)
        if not fitting or wants > _CHANCE or sum(text.count(sign) for sign in ".?!") >= _LONG:
            return ""
        return f" {fitting[int(place * len(fitting))]}"
