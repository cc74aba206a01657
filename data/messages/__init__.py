"""Every sentence that people read, per language. A language is a file: ``<code>.toml`` in this folder."""

from data.messages.sentences import (
    MAX_WORDS,
    VOICES,
    fallback_text,
    reason_sentence,
    reason_text,
    relax_button,
    relax_text,
    shorten,
    step_text,
    theme_label,
    words_for_each,
)
from data.messages.tables import FOLDER, Messages, choose, languages, load

__all__ = [
    "FOLDER",
    "MAX_WORDS",
    "VOICES",
    "Messages",
    "choose",
    "fallback_text",
    "languages",
    "load",
    "reason_sentence",
    "reason_text",
    "relax_button",
    "relax_text",
    "shorten",
    "step_text",
    "theme_label",
    "words_for_each",
]
