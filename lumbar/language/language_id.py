"""Tells which language a message is in.

lingua's low-accuracy models, of the languages patients here write, take 36 MB
where all languages at full accuracy take 1.3 GB. On their own they call one short
English line in ten foreign, so the intent classifier also asks how many of the
words it knows.
"""

from functools import lru_cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

CODES = tuple(
    [
        "EN",
        "ES",
        "FR",
        "VI",
        "ZH",
        "DE",
        "PT",
        "IT",
        "PL",
        "NL",
        "SV",
        "RU",
        "UK",
        "AR",
        "FA",
        "HI",
        "KO",
        "JA",
        "TL",
        "EL",
        "TR",
        "RO",
    ]
)


@lru_cache(maxsize=1)
def detector() -> LanguageDetector:
    return (
        LanguageDetectorBuilder.from_iso_codes_639_1(
            *(getattr(IsoCode639_1, code) for code in CODES)
        )
        .with_low_accuracy_mode()
        .with_preloaded_language_models()
        .build()
    )


def language_scores(text: str) -> dict[str, float]:
    """Return ISO 639-1 codes with their probability, the likeliest first."""
    return {
        value.language.iso_code_639_1.name.lower(): value.value
        for value in detector().compute_language_confidence_values(text)
    }
