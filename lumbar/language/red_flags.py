"""Red flags: symptoms that need help now, found by patterns.

The patterns are a net below the learned `emergency` intent, so each is narrow: a
sign, told of a person, that is new or now. A general question ("can stenosis
cause bladder trouble?") and a denied sign ("no fever") are not red flags.
"""

import re

from spacy.language import Language
from spacy.tokens import Doc

_CANNOT = r"(?:can ?'?t|can ?not|could ?n'?t|unable to|not able to)"
_LEG = r"(?:legs?|foot|feet|knees?|ankles?|toes|thighs?)"
_SADDLE = (
    r"(?:groin|crotch|saddle|genitals?|genital area|private(?: parts?| area|s)?|privates|"
    r"inner thighs?|between (?:my|his|her|the) legs|bottom|buttocks|backside|butt|rectum|"
    r"down there|down below|where i sit)"
)
_NUMB = r"(?:numb|numbness|no feeling|lost (?:all )?feeling|dead)"

PATTERNS: dict[str, str] = {
    "bladder": (
        rf"\b{_CANNOT} (?:even )?(?:pee|urinate|pass (?:any )?(?:urine|water)|"
        r"hold (?:my|his|her) (?:pee|urine|water|bladder|bowels?)|"
        r"control (?:my|his|her) (?:pee|bladder|bowels?|urine))\b"
        r"|\b(?:wet|wetting|soil|soiled|soiling|messed) (?:myself|himself|herself|my pants|his pants|her pants)\b"
        r"|\b(?:lost|losing|lose) (?:all )?control of (?:my|his|her) (?:bladder|bowels?)\b"
        r"|\b(?:leaking|leaked) (?:urine|stool|pee|poop)\b"
    ),
    "saddle": (
        rf"\b{_NUMB} (?:\w+ ){{0,3}}{_SADDLE}\b"
        rf"|\b{_CANNOT} feel (?:my |his |her |the |anything |it )?(?:\w+ )?{_SADDLE}\b"
        rf"|\b{_SADDLE} (?:is|are|has gone|have gone|went|feels?|gone) (?:\w+ ){{0,2}}numb\b"
        r"|\b(?:can ?'?t|can ?not) feel (?:when|if|myself) (?:\w+ ){0,3}(?:pee|go|wipe|wiping)\b"
    ),
    "weakness": (
        rf"\b(?:sudden|suddenly|all of a sudden)\b[^.?!]*\b(?:weak|weakness|numb|paraly\w+|gave out|won'?t move)\b"
        rf"|\b{_CANNOT} (?:move|lift|feel) (?:either |both )?(?:of )?(?:my|his|her) (?:left |right |both )?{_LEG}\b"
        rf"|\b{_LEG} (?:is|are|went|have gone|has gone|just went) (?:\w+ )?paraly[sz]ed\b"
        r"|\b(?:weakness|weaker|numbness) (?:\w+ ){0,3}(?:getting|gotten) (?:\w+ )?worse (?:by the|every) (?:hour|minute|day)\b"
    ),
    "infection": (
        r"\b(?:pus|oozing|foul smell\w*)\b[^.?!]*\b(?:wound|incision|cut|site|hole|bandage|spot)\b"
        r"|\b(?:wound|incision|cut|site|hole|bandage|spot)\b[^.?!]*\b(?:pus|oozing|won'?t stop bleeding|bleeding won'?t stop)\b"
        r"|\bfever (?:of |is )?(?:over )?10[1-6]\b|\b10[1-6](?:\.\d)? fever\b"
        r"|\bbleeding (?:wo ?n'?t|will not|does ?n'?t|is ?n'?t) (?:stop|stopping)\b"
    ),
    "chest": (
        r"\b(?:i have|i've got|having|got|has|have) (?:(?!no\b)\w+ ){0,2}chest (?:pains?|pressure|tightness)\b"
        rf"|\b{_CANNOT} (?:breathe|catch (?:my|his|her) breath)\b"
        r"|\bcrushing (?:\w+ )?chest\b"
    ),
    "stroke": (
        r"\bface (?:is |has |started )?(?:droop\w*|drooped|gone crooked)\b|\bspeech (?:is|has become|went) slurred\b"
        r"|\bslurring (?:my|his|her) (?:speech|words)\b|\bhaving a (?:stroke|heart attack)\b"
    ),
    "self_harm": (
        r"\b(?:kill (?:myself|himself|herself)|end (?:my|his|her) life|suicid\w+|"
        r"(?:do ?n'?t|do not|does ?n'?t) want to (?:live|be alive|go on living)|"
        r"want(?:s|ed)? to die|better off dead|end it all|no reason to live)\b"
    ),
    "overdose": (
        r"\b(?:took|taken|swallowed) (?:\w+ ){0,2}(?:too many|a whole bottle|double|twice)\b[^.?!]*"
        r"\b(?:pills?|tablets?|meds|medication|painkillers?|oxy\w*|doses?)\b|\boverdos(?:e|ed|ing)\b"
    ),
    "allergy": (
        r"\b(?:throat|tongue|lips|face) (?:is |are )?(?:swelling|swollen|closing)(?: up)?\b"
    ),
}

_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}

_DENIED = re.compile(
    r"\b(?:no|not|never|without|don'?t have|do ?n'?t have|denies|isn'?t|n't)\W+(?:\w+\W+){0,3}$"
)
_GENERAL = re.compile(
    r"^\W*(?:can|could|does|do|will|would|is it (?:true|possible|common)|what (?:is|are|if|causes)|"
    r"how (?:common|often)|are there|which|why do(?:es)?)\b"
)
_OF_A_PERSON = re.compile(
    r"\b(?:i|i'm|im|i've|ive|my|me|myself|he|she|his|her|mom|mum|dad|mother|father|husband|wife|brother|sister)\b"
)


def red_flags(text: str) -> list[str]:
    """Return the names of the red flags in `text`, in the order of `PATTERNS`."""
    found = []
    lowered = text.lower().replace("’", "'")
    clauses = re.split(r"(?<=[.?!;\n])\s+", lowered)
    for name, pattern in _COMPILED.items():
        for clause in clauses:
            match = pattern.search(clause)
            if match is None or _DENIED.search(clause[: match.start()]):
                continue
            if _GENERAL.match(clause) and not _OF_A_PERSON.search(clause):
                continue
            found.append(name)
            break
    return found


Doc.set_extension("red_flags", default=(), force=True)


@Language.component("red_flags")
def _set_red_flags(doc: Doc) -> Doc:
    doc._.red_flags = red_flags(doc.text)
    return doc
