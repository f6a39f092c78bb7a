"""Red flags: symptoms that need help now, found by patterns.

The patterns are a net beside the learned `emergency` intent. A sign counts when it
is told as new or going on: a general question ("can stenosis cause
bladder trouble?"), a denied sign ("no fever"), an old one ("numb for years") and
one that is only feared ("what if I lost control") do not. `WORRYING` signs must
also be told as new; `ALARMING` ones need not be.
"""

import re

from spacy.language import Language
from spacy.tokens import Doc

_CANNOT = (
    r"(?:can ?'?t|can ?not|could ?n'?t|could not|unable to|not able to|"
    r"(?:was|were|been|am|is|are) ?n(?:'|o)?t able to|n(?:'|o)t been able to|never been able to|"
    r"won'?t|wont|will not|do(?:es)? ?n'?t|do(?:es)? not|did ?n'?t|stopped being able to)"
)
_WHOSE = r"(?:my|his|her|the|your|our|their|both|one|either|neither)"
_LEG = r"(?:legs?|foot|feet|knees?|ankles?|toes|thighs?|limbs?)"
_SADDLE = (
    r"(?:groin|crotch|saddle|genitals?|genital area|privates?|private (?:parts?|area|bits)|"
    r"lady ?parts|inner thighs?|between (?:my|his|her|the|our)? ?(?:legs|thighs)|bottom|bum|"
    r"buttocks?|backside|behind|butt|rectum|back passage|anus|penis|willy|vagina|"
    r"down there|down below|where (?:i|he|she) sits?|where the sun don'?t shine|seat)"
)
_NUMB = (
    r"(?:numb|numbness|no feeling|no sensation|lost (?:all )?(?:the )?(?:feeling|sensation)|"
    r"feel(?:s)? nothing|gone dead|dead|asleep|gone to sleep|like (?:wood|leather|cardboard))"
)
_WATER = r"(?:pee|wee|urinate|urine|water|pass (?:any )?(?:urine|water)|empty (?:my|his|her|the) bladder)"
_PASS = (
    r"(?:pass a drop|keep (?:my|his|her) stool|start (?:my urine|to pee|it at all)|pee|wee|piss|urinate|pass (?:any |a drop of )?(?:urine|water)|make water|"
    r"empty (?:my|his|her|the) bladder|hold (?:my|his|her|the|it)? ?(?:pee|urine|water|bladder|"
    r"bow(?:el|le?)s?|stool|poop?)|control (?:my|his|her|the) (?:pee|poop?|bladder|bow(?:el|le?)s?|"
    r"urine|stool)|go to the (?:toilet|bathroom) at all)"
)
_OWN_BLADDER = r"(?:bladder|bow(?:el|le?)s?|water ?works|urine|stool|poop?|motions|pee|wee)"
_WOUND = (
    r"(?:wound|incision|cut|site|hole|bandage|band ?-?aid|dressing|stit?ches|"
    r"where (?:they|he|she) (?:went in|put|stuck|cut)|where it was done|puncture)"
)
_PILLS = r"(?:pills?|tablets?|capsules?|meds?|medication|painkillers?|oxy\w*|morphine|opioids?|tramadol|tylenol|patch(?:es)?|doses?|box|bottle|lot)"

ALARMING: dict[str, str] = {
    "bladder": (
        rf"\b{_CANNOT} (?:even |really |seem to |properly )?(?:to )?{_PASS}\b"
        r"|\b(?:wet|wetting|soil|soiled|soiling|messed|messing|pooped|pooping|peed|peeing|pissed|crapped|shat) "
        r"(?:myself|himself|herself|themselves|on myself|my ?self|my (?:pants|trousers|bed|underwear)|(?:his|her) (?:pants|trousers|bed|underwear)|the bed)\b"
        rf"|\b(?:lost|losing|loses|lose|no|loss of) (?:all |any |my |his |her )?(?:the )?contr?oll? (?:of |over )?(?:my |his |her |the )?{_OWN_BLADDER}\b"
        rf"|\b(?:lost|losing) (?:my|his|her) (?:bladder|bow(?:el|le?)s)\b"
        rf"|\b{_OWN_BLADDER} (?:just |simply |only |suddenly )?(?:let go|gave way|has let go|let loose|runs? out|comes? out by itself|leaks? out)\b"
        rf"|\b(?:pee|urine|water|wee|stool|poop?|nothing|it) (?:is |just |only )*(?:won'?t|wont|will not|does ?n'?t) come(?: out)?\b"
        r"|\b(?:have ?n'?t|has ?n'?t|had ?n'?t|not|no) (?:peed|pee|weed|urinated|passed (?:any )?(?:urine|water))\b"
        r"|\b(?:leaking|leaked|dribbl\w+|leak) (?:urine|stool|pee|poop|in my pants|from (?:the )?(?:back|front|bottom))\b"
        r"|\b(?:pee|urine|water|stool|poop) (?:is )?(?:just )?(?:runs?|running|pouring|leaking|dribbling|coming) (?:out|down)\b"
        r"|\bbladder (?:is |has |does ?n'?t |doesn'?t |dosent )(?:not )?(?:work\w*|stopped|locked|blocked|shut)\b"
        rf"|\b{_WATER} (?:only |just )?comes? (?:only )?in (?:drops|dribbles)\b"
    ),
    "saddle": (
        rf"\b{_NUMB} (?:\w+ ){{0,5}}{_SADDLE}\b"
        rf"|\b{_CANNOT} (?:really )?feel (?:my |his |her |the |anything |any thing |nothing |it )?(?:\w+ )?{_SADDLE}\b"
        rf"|\b{_SADDLE} (?:area |parts? |region )?(?:is|are|has|have|went|feels?|gone|get|got|goes|both)? ?(?:\w+ ){{0,3}}{_NUMB}\b"
        rf"|\b(?:{_CANNOT} feel|no feeling|numb|feel nothing) (?:\w+ ){{0,2}}(?:when|if|where|as) (?:i|he|she|myself)? ?(?:\w+ ){{0,3}}(?:pee|go|wipe|wiped|wiping|sit|wash)\b"
        rf"|\b(?:wiped|wiping|wipe) (?:\w+ ){{0,8}}(?:{_CANNOT} feel|felt nothing|feel nothing|numb)\b"
        rf"|\b{_CANNOT} feel (?:the )?(?:toilet|loo) (?:seat|paper)\b|\bfeel the (?:toilet|loo) (?:seat|paper)\b[^?!]*\bcan'?t\b"
    ),
    "weakness": (
        rf"\b{_CANNOT} (?:move|lift|feel|raise|control|stand on) (?:either |both |any ?thing in )?(?:of )?{_WHOSE} (?:left |right |both |own |front of )*{_LEG}\b"
        rf"|\b(?:can ?'?t|can ?not|unable to) (?:move|feel|lift) (?:either |both )?(?:left |right )?{_LEG}\b"
        rf"|\b{_LEG} (?:is|are|went|have gone|has gone|just went) (?:\w+ )?paraly[sz]ed\b"
        rf"|\b{_LEG} (?:just |both |simply |suddenly )*(?:won'?t|wont|will not|doesn'?t|don'?t|refuses? to) (?:\w+ ){{0,2}}(?:obey|listen|hold|work|move|carry|respond|come up|do what)\b"
        r"|\b(?:feel|feeling|sensation|numb|asleep)\b[^.?!,]{0,20}\b(?:waist|hips?|belt|belly button) down\b|\bfeel nothing below\b|\b(?:waist|hips?|belt|belly button) down\b[^.?!,]{0,25}\b(?:nothing|numb|asleep)\b"
        r"|\bnumb from (?:the|my) (?:waist|belly|hips?) down\b"
        r"|\b(?:weakness|weaker|weak|numbness|deader|number) (?:\w+ ){0,3}(?:by the (?:hour|minute|day)|every (?:hour|minute|day)|fast)\b"
        rf"|\b(?:lost (?:all )?(?:the )?use of|lost all (?:strength|power|feeling) in) (?:\w+ )?(?:\w+ )?{_LEG}\b"
    ),
    "infection": (
        rf"\b(?:puss?|oozing|oozes|gunge|discharge|foul smell\w*|smells? (?:bad|foul|off|funny)|weeping|yellow stuff|green stuff)\b[^.?!]*\b{_WOUND}\b"
        rf"|\b{_WOUND}\b[^.?!]*\b(?:puss?|oozing|oozes|gunge|weeping yellow|yellow stuff|green|(?:won'?t|wont|not|hasn'?t|doesn'?t) stop(?:ped)? bleeding|bleeding (?:won'?t|wont) stop|soaked|hot and red|red and hot|(?:angry|red|hot|swollen)[^.?!]{{0,20}}(?:hot|swollen|angry|spreading))\b"
        r"|\b(?:fever|temp\w*)\b[^.?!]{0,20}\b(?:over )?(?:10[1-6]|39|40)(?:\.\d)?\b|\b10[1-6](?:\.\d)? (?:fever|temp\w*)\b|\b10[1-6]\.\d\b"
        r"|\bbleeding (?:wo ?n'?t|will not|does ?n'?t|is ?n'?t|has ?n'?t) (?:stop|stopping|stopped)\b"
        r"|\bbleed(?:ing|s)? (?:\w+ ){0,5}(?:has ?n'?t|won'?t|wont|does ?n'?t|not|never) stop"
        r"|\b(?:clear|watery) (?:\w+ ){0,2}(?:fluid|liquid|stuff|water)\b[^.?!]*\b(?:leak|drip|pour|run|com)\w*\b"
        r"|\bblood (?:\w+ ){0,3}(?:soak\w*|pouring|gushing|spurting|everywhere)|\bsoaked (?:\w+ ){0,3}(?:blood|red)\b"
    ),
    "chest": (
        r"\b(?:i have|i've got|i've had|i've|ive|having|got|has|have|had|with|get|getting) (?:(?!no\b|never\b|not\b)\w+ ){0,4}(?:chest|breast ?bone)(?: (?:pains?|pressure|tightness|hurts?))?\b(?! x|x-?ray| infection| cold)"
        r"|\bchest (?:is |feels |really |so )*(?:hurts?|hurting|tight|heavy|crushing|pounding|burns?)\b"
        r"|\b(?:pain|pressure|tightness|weight|elephant|heaviness|squeezing|crushing)\b[^.?!,]{0,25}\b(?:in|on|across|under|over|behind|sitting on) (?:my|his|her|the) (?:chest|breast ?bone)\b"
        r"|\b(?:can ?'?t|can ?not|couldn'?t|unable to|struggling to|hard to|trouble) (?:breath(?:e|ing)?|(?:catch|get) (?:my|his|her) breath)\b"
        r"|\bpain (?:\w+ ){0,3}(?:down|in|into|shooting down) (?:my |his |her |the )?left arm\b|\bheart attack (?:maybe|i think|right now|now)\b"
        r"|\bgasping for (?:air|breath)\b|\b(?:cough|spitt)\w* (?:\w+ ){0,5}(?:blood|pink froth)\b"
        r"|\b(?:blue|gr[ae]y) (?:around |round )?(?:the |his |her |my )?(?:lips|mouth)\b|\b(?:lips|mouth)\b[^.?!]{0,20}\b(?:blue|bluish|gr[ae]y)\b|\bbarely breathing\b|\bno air\b"
    ),
    "stroke": (
        r"\bfac(?:e|ial)\b[^.?!,]{0,25}\b(?:droop\w*|drop(?:ped|ping)|crooked|hang(?:s|ing)?|fall(?:en|ing)|slid\w*|asleep|numb)\b|\bmouth (?:\w+ ){0,3}(?:hangs?|droops?|drooping|hanging|crooked)\b"
        r"|\bslur(?:s|red|ring|y)?\b|\b(?:speech|words?|talking)\b[^.?!]{0,15}\b(?:garbled|funny|wrong|rong|gibberish|jumbled|muddled|off)\b"
        r"|\bhaving a (?:stroke|heart attack|seizure|fit)\b"
        r"|\b(?:arm|side|hand)\b[^.?!,]{0,20}\b(?:gone limp|went limp|is limp|suddenly numb|went dead|useless)\b"
        r"|\b(?:lost|losing|no) (?:my |his |her |the )?(?:vision|sight)\b|\bcan ?'?t see out of\b"
        r"|\b(?:can ?'?t|can ?not|could ?n'?t|hard to|hardly) (?:\w+ )?(?:wake|rouse) (?:(?:my|our) \w+|him|her|up)\b"
    ),
    "clot": (
        r"\bcal(?:f|ves)\b[^.?!]{0,45}\b(?:hot|swoll?en|swelled|swelling|red|tender|twice|balloon|hard)\b"
        r"|\b(?:swoll?en|hot|red)\b[^.?!,]{0,20}\bcalf\b"
        r"|\bone leg\b[^.?!]{0,25}\b(?:twice|bigger|thicker|swollen|fatter)\b|\bleg (?:is |looks )?(?:twice|double) (?:as|the)\b"
    ),
    "meningitis": (
        r"\bworst head ?a[ck]h?[ck]?e\b|\bhead ?a[ck]h?e of (?:my|his|her) (?:whole )?life\b"
        r"|\b(?:stiff neck|neck (?:is |so |feels |as )*stiff)\b[^.?!]*\b(?:fever|head|light|temp\w*|sick)\b"
        r"|\b(?:fever|head\w*|temp\w*|light)\b[^.?!]*\b(?:stiff neck|neck (?:is |so |feels |as )*stiff|chin (?:down )?(?:on|to) (?:my|his|her) chest)\b"
    ),
    "self_harm": (
        r"\b(?:kill(?:ing)? (?:myself|himself|herself)|(?:end|ending|take|taking) (?:my|his|her|my own) (?:own )?life|"
        r"(?:am|feel|feeling|be|is|being|i'm) suicidal|commit suicide|thinking (?:of|about) suicide|(?:shoot|hang|hanging|shooting|harm|hurt) (?:myself|himself|herself)|"
        r"(?:do ?n'?t|do not|does ?n'?t|dont) want to (?:live|be alive|be here|go on|wake up|exist)|"
        r"no longer want to (?:live|be here)|(?:rather|wish i (?:was|were)|wish he was|wish she was) (?:be )?dead|"
        r"wants? to die|wanted to die|better off (?:dead|with(?:out)? me(?: gone)?)|end(?:ing)? it(?: all)?(?: tonight| now)|end it all|"
        r"no (?:reason|point) (?:to live|in living|going on|living)|(?:have|got) a plan (?:to (?:die|end)|for myself)|not worth living|go to sleep for ever|put an end to (?:it|myself)|leave this world|nobody would miss me|no point me being here|the means here|letters? already|bought (?:a )?rope|i can'?t go on)\b"
    ),
    "overdose": (
        rf"\b(?:took|taken|swallowed|had|gave|given|emptied|takes) (?:\w+ ){{0,4}}(?:too many|too much|whole bottle|whole box|all (?:of )?(?:my|his|her|the)|double|twice|handful)\b[^.?!]*\b{_PILLS}\b"
        rf"|\bswallowed (?:the|all|a) (?:\w+ )?{_PILLS}\b"
        rf"|\b(?:i|he|she|mom|mum|dad|husband|wife|mother|father) (?:\w+ )?overdosed\b|\boverdosed on\b|\b{_PILLS} (?:\w+ ){{0,3}}(?:twice|two times|three times)\b"
    ),
    "allergy": (
        r"\b(?:throat|tongue|lips?|eye ?lids?|face)\b[^.?!]{0,25}\b(?:swell\w*|swoll?en|closing|puff\w*|tight(?:ening)?)\b"
        r"|\b(?:swell\w*|swoll?en|puffy) (?:\w+ ){0,3}(?:throat|tongue|lips?|face)\b"
        r"|\bhives\b[^.?!]*\b(?:breath\w*|throat|all over|whee\w*)\b"
    ),
    "bleeding": (
        r"\b(?:black|tarry) (?:as tar )?(?:stools?|poop?|motions)\b|\b(?:stools?|poop?|motions) (?:\w+ ){0,3}(?:black|tarry)\b"
        r"|\b(?:vomit\w*|threw up|throwing up|sick|puking) (?:\w+ ){0,3}blood\b|\bblood (?:came up|in (?:my|his|her) (?:vomit|stool|poop))\b"
    ),
}

WORRYING: dict[str, str] = {
    "bladder": (
        rf"\b(?:accidents?|incontinen\w+|leak\w*|dribbl\w+|trouble (?:peeing|urinating)|numb)\b[^.?!]*\b(?:{_OWN_BLADDER}|pants|trousers|underwear|toilet|bathroom)\b"
        rf"|\bno (?:feeling|control|sensation|pee|urine)\b|\b{_CANNOT} (?:\w+ )?(?:go|hold it|feel it|make it to)\b|\bwet (?:the|my|his|her) (?:bed|pants|seat)\b"
        r"|\bnothing (?:comes|coming|came)\b|\bcomes? out (?:by|on) (?:it'?s|its) (?:self|own)\b|\bby itself\b"
    ),
    "weakness": (
        rf"\b{_LEG}\b[^.?!]{{0,45}}\b(?:weak\w*|floppy|drags?|dragging|buckl\w+|numb\w*|dead|limp|jelly|folding|folds?|fold|gave (?:out|way)|giv(?:e|es|ing) (?:out|way)|quit|useless|crumpl\w+|collaps\w+|paralyzed|slaps?|tingl\w+|spaghetti|like rubber|no strength)\b"
        rf"|\b(?:weak\w*|floppy|drags?|dragging|numb\w*|drop foot|foot drop|no strength|no power|tingling)\b[^.?!]{{0,25}}\b{_LEG}\b"
        r"|\bfoot drop\b|\bwalk(?:s|ing)? like (?:a|an|im|i'm)\b"
    ),
    "infection": (
        r"\b(?:fever\w*|chills|shivering|shaking|burning up|temperature|running a temp\w*|sweats)\b"
        rf"|\b{_WOUND}\b[^.?!]*\b(?:red|hot|swollen|leak\w*|drip\w*|bleed\w*|blood|smell\w*|open(?:ed)?|wet|weep\w*|popped)\b"
        rf"|\b(?:red|hot|leak\w*|drip\w*|bleed\w*|blood|smells?|trickl\w+)\b[^.?!]*\b{_WOUND}\b|\bblood\b"
    ),
    "chest": (
        r"\bchest\b|\bbreathless\b|\bshort(?:ness)? of breath\b|\bout of breath\b|\bheart (?:is )?(?:racing|pounding|fluttering)\b|\bbreast ?bone\b|\bwheez\w+\b"
    ),
    "stroke": (
        r"\bconfus(?:ed|ion)\b|\bnot making sense\b|\b(?:dropping|keeps falling)\b[^.?!]*\bhand\b|\b(?:double vision|see(?:ing)? (?:double|two of))\b|\bface\b[^.?!]*\b(?:numb|tingl\w+)\b"
    ),
    "collapse": r"\b(?:passed out|blacked out|keeled over|keeling over|collapsed|unconscious|unresponsive|having a fit|seizure|faint(?:ed|ing)?|dizzy|woozy|passing out|went down|dropped to the floor|drowsy)\b",
    "meningitis": r"\b(?:stiff neck|neck (?:is )?stiff|light hurts|splitting head\w*|head (?:is )?splitting|terrible head\w*|bad head\w*)\b",
    "fall": r"\b(?:fell|fallen|slipped|tumbled|knocked down|crash\w*|accident)\b[^?!]*\b(?:agony|numb|screaming|terrible|can'?t|cant|tingl\w+)\b",
}

_ALARMING = {name: re.compile(pattern) for name, pattern in ALARMING.items()}
_WORRYING = {name: re.compile(pattern) for name, pattern in WORRYING.items()}

_DAY = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)day"
_NEW = re.compile(
    r"\b(?:today|tonight|tonite|yesterday|yday|overnight|just now|right now|suddenly|all of a sudden|sudden|"
    r"this (?:morning|mornin|afternoon|evening|noon|weekend|week)|last (?:night|nite|evening)|"
    rf"s[ie]n[cs]e (?:\w+ ){{0,2}}(?:yesterday|today|last|this|{_DAY}|breakfast|lunch|dinner|noon|the|my|i|he|she|they|an|a couple|\d+ ?(?:am|pm|o))\b|"
    rf"(?:on |last |this )?{_DAY}|(?:an|one|two|three|few|couple of|\d+) (?:minutes?|hours?|hrs?|days?) (?:ago|out|after|post|now|later)|"
    r"(?:minutes?|hours?|hrs?|days?) ago|for (?:\w+ ){0,2}(?:hours?|hrs?)|day (?:two|three|four|five|\d+)|"
    r"(?:has |have |it |just |only )?(?:started|began)|at the moment|first time|never happened|it'?s new|is new|"
    r"getting (?:worse|weaker|number)|worse (?:and worse|than)|more and more|noticed|new(?:ly)?|won'?t stop|"
    r"(?:after|since|from|with) (?:the|my|his|her|their|that|having|getting) (?:\w+ ){0,2}(?:procedure|injection|shot|needle|mild|operation|surgery|epidural|pill|tablet|steroid|jab)|"
    r"had (?:the|mine|it|my|hers|his) (?:\w+ ){0,3}(?:done|yesterday|days? ago|week)|woke up|all day|as i type|i'?m on the floor|on the floor)\b"
)
_OLD = re.compile(
    r"\b(?:years? (?:ago|back|old history)|decades?|(?:for|over|in) (?:\w+ ){0,3}years|all my life|since (?:19|20)\d\d|in (?:19|20)\d\d|in '?\d\ds|"
    r"since (?:my |the )?(?:\w+ )?(?:childhood|polio|hysterectomy|stroke|fifties|forties|sixties|birth)|long ago|last (?:year|summer|winter|spring|fall|autumn)|"
    r"months? ago|as a (?:child|boy|girl|kid)|used to|back in|when i was|once had|chronic(?:ally)?|always (?:been|had)|long ?-?standing|for ages|"
    r"never (?:had|any)|ever since|once (?:lost|had)|last seizure|childhood|\w+ties|fine now|all good since|recovered|old)\b"
)
_DENIED = re.compile(
    r"\b(?:no|not|never|without|neither|nor|denies|isn'?t|ain'?t|aren'?t|wasn'?t|hasn'?t|haven'?t|free of|"
    r"(?:do|does|did) ?n'?t (?:have|get|feel like)|dont have)\W+(?:(?!but\b|only\b|able\b)\w+\W+){0,3}$"
)
_FEARED = re.compile(
    r"\b(?:if|what if|in case|should i get|could (?:it|this|that|mild|stenosis|the)|can (?:it|this|that|mild|stenosis|the|a|an|you|one|they)|"
    r"might|may|would (?:i|it|this|mild)|will (?:it|i|this|mild)|risks? of|chances? of|odds of|afraid of|scared of|fear of|worried (?:about|that)|ever|"
    r"how (?:common|often|likely|many|rare)|what (?:are|is|causes|percent\w*|percentage)|signs? of|symptoms? of|watch (?:out )?for|look out for|"
    r"prevent|hypothetical\w*|in theory|in general|suppose|read (?:a|about|that|of|in)|heard (?:about|of|that)|does (?:an?|it|mild|stenosis|this|the)|"
    r"do (?:people|you|they|patients)|did you|are there|is (?:there|it (?:true|possible|common))|someone|people|patients|anyone|causes?|leads? to|"
    r"statistics|why do(?:es)?|when should|leaflet|form|asks?|brother'?s friend|cousin|neighbou?r'?s)\b"
)
_ASIDE = re.compile(
    r"\b(?:but|also|btw|by the way|because|anyway)\b"
    r"|(?:,|\band)\s+(?:and )?(?=(?:i|i'm|im|i've|ive|my|he|he's|she|she's|his|her|now|since|today|this morning)\b)"
)
"""Where something else begins in the sentence: "how long does it last and I can't pee"."""
_SENTENCE = re.compile(r"(?<=[.?!;\n])\s+")


def red_flags(text: str) -> list[str]:
    """Return the names of the red flags in `text`, in the order of the patterns."""
    sentences = _SENTENCE.split(text.lower().replace("’", "'"))
    new = any(_NEW.search(sentence) and not _OLD.search(sentence) for sentence in sentences)
    found = [name for name, sign in _ALARMING.items() if _told(sign, sentences)]
    if new:
        found += [
            name for name, sign in _WORRYING.items() if name not in found and _told(sign, sentences)
        ]
    return found


def _told(sign: re.Pattern[str], sentences: list[str]) -> bool:
    for sentence in sentences:
        match = sign.search(sentence)
        if match is None:
            continue
        before = _ASIDE.split(sentence[: match.start()])[-1]
        if _DENIED.search(before) or _OLD.search(sentence) or _FEARED.search(before):
            continue
        return True
    return False


Doc.set_extension("red_flags", default=(), force=True)


@Language.component("red_flags")
def _set_red_flags(doc: Doc) -> Doc:
    doc._.red_flags = red_flags(doc.text)
    return doc
