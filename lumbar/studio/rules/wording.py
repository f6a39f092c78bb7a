"""How answers and facts may be worded."""

import re
from functools import lru_cache

from lumbar.content import PLACEHOLDER, Clinic

LONGEST = 60
"""Words of an answer."""
HARDEST = 8
"""US reading grade of an answer, by the formula of Kincaid and others (1975)."""

TERMS = (
    r"minimally invasive lumbar decompression|lumbar spinal stenosis|stenosis|ligamentum flavum|"
    r"ligaments?|spinal canal|(?:epidural )?(?:steroid )?injections?|traditional laminectomy|"
    r"laminectomy|(?:general|local) anesthesia|anesthesia|anatomy|physical therapy|"
    r"pain medications?|pain physician journal|pain practice journal|prisma meta-analysis|"
    r"cleveland clinic|atlas pain specialists|medicare|implants"
)
"""Names of treatments, anatomy and sources, which no easier word can stand for."""

PROPER_NAME = re.compile(
    r"Cleveland Clinic|Pain Physician Journal|The Spine Journal|Pain Practice Journal|PRISMA|PMC|"
    r"Medicare|FDA|Atlas Pain Specialists|MILD|Atlas"
)
FORBIDDEN = re.compile(
    r"\b(?:guarantee\w*|you should (?:have|choose|get)|we recommend|you have (?:lumbar|spinal)|"
    r"always works|no risk|cured?)\b",
    re.IGNORECASE,
)

_CAPITALISED = re.compile(r"\b[A-Z][\w’']*")
_BEGINNING = re.compile(r"(?:^|[.!?:]\W)\W*$")
_EVERYDAY = re.compile(r"I\b|MILD$")


def grade(text: str, clinic: Clinic) -> float:
    """Return the US reading grade of `text`, its terms and the clinic's name not counted."""
    import textstat

    return float(textstat.flesch_kincaid_grade(_terms(clinic.name).sub("it", text)))


def names(text: str) -> list[str]:
    """Return the known proper names in `text` and, behind them, what else is written with a
    capital letter within a sentence."""
    text = PLACEHOLDER.sub("it", text)
    known = PROPER_NAME.findall(text)
    rest = PROPER_NAME.sub("it", text)
    others = [
        word[0]
        for word in _CAPITALISED.finditer(rest)
        if not _BEGINNING.search(rest[: word.start()])
    ]
    return list(dict.fromkeys(one for one in (*known, *others) if not _EVERYDAY.match(one)))


def stands_in(name: str, source: str) -> bool:
    return bool(re.search(rf"\b{re.escape(name)}\b", source))


@lru_cache(maxsize=1)
def _terms(clinic: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(clinic)}|{TERMS}", re.IGNORECASE)
