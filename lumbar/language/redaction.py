"""Redaction: a patient's personal details become placeholders a reader understands.

People type into a clinic's chat what they would say at its desk: names, telephone
numbers, birth dates, card numbers. What is kept of a conversation is kept without them.
Ages, doses, dates of surgery, vertebrae and the public names of the article stay, since
an answer hangs on them.

Two things tell a detail: its form (an e-mail address, a card number that passes Luhn's
check) or an announcement before it ("my name is", "mrn", "born on"). A name also needs
a capital letter or a known first name when its announcement is a weak one ("I'm").
"""

import re
from collections.abc import Iterator
from functools import cache

_MARKS = {
    placeholder: chr(0xFDD0 + number)
    for number, placeholder in enumerate(
        (
            "[phone]",
            "[email]",
            "[date of birth]",
            "[social security number]",
            "[card number]",
            "[record number]",
            "[address]",
            "[name]",
        )
    )
}
"""While rules run, a noncharacter stands for a placeholder, whose own words announce nothing."""
_PHONE, _EMAIL, _BIRTH_DATE, _SOCIAL, _CARD, _RECORD, _ADDRESS, _NAME = _MARKS.values()
_MARK = "[" + "".join(_MARKS.values()) + "]"


def redact(text: str) -> str:
    """Return `text` with every personal detail found in it replaced by a placeholder.

    Redacting what is redacted changes nothing. Any string is accepted.
    """
    for placeholder, mark in _MARKS.items():
        text = text.replace(placeholder, mark)
    while (redacted := _once(text)) != text:
        text = redacted
    for placeholder, mark in _MARKS.items():
        text = text.replace(mark, placeholder)
    return text


def _once(text: str) -> str:
    if "?" in text and "=" in text:
        text = _URL.sub(lambda url: _QUERY.sub(_query_value, url[0]), text)
    if _AT.search(text):
        text = _emails(text)
    text = _SPELT_NUMBER.sub(_spelt_phone, text)
    text = _cover(_compiled(_SPELT_BIRTH_DATE), _BIRTH_DATE, text)
    if _DIGIT.search(text):
        for pattern, mark in _NUMBERS:
            text = _cover(_compiled(pattern), mark, text)
        text = _CARD_LIKE.sub(lambda m: _CARD if _luhn(m[0]) else m[0], text)
        text = _cover(_LONG_NUMBER, _RECORD, _phones(_addresses(text)))
    return _names(text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when first needed: all of them take 50 ms, and most messages have no number."""
    return re.compile(pattern, re.I)


def _cover(pattern: re.Pattern[str], mark: str, text: str) -> str:
    """Put `mark` in the place of the first group of every match.

    The search goes on at the mark, since a detail may be announced by the one before it.
    """
    start = 0
    while match := pattern.search(text, start):
        start = match.start(1)
        text = text[:start] + mark + text[match.end(1) :]
    return text


def _cover_spans(spans: list[tuple[int, int]], mark: str, text: str) -> str:
    parts, done = [], 0
    for start, end in sorted(spans):
        if start >= done:
            parts += [text[done:start], mark]
            done = end
    return "".join(parts) + text[done:]


_URL = re.compile(r"\b(?:https?://|www\.)[^\s?]{1,500}\?\S+", re.I)
_QUERY = re.compile(rf"(?<=[?&;])([a-z_-]{{2,24}})=([^&#;\s{_MARK[1:-1]}]+)", re.I)
_QUERY_KEYS = (
    (re.compile(r"e?-?mail", re.I), _EMAIL),
    (re.compile(r"phone|mobile|cell|tel", re.I), _PHONE),
    (re.compile(r"dob|birth", re.I), _BIRTH_DATE),
    (re.compile(r"ssn|social", re.I), _SOCIAL),
    (re.compile(r"address|street|zip|postal", re.I), _ADDRESS),
    (re.compile(r"mrn|patient_?id|member|policy|account|acct|claim|chart", re.I), _RECORD),
    (re.compile(r"name|patient", re.I), _NAME),
)


def _query_value(match: re.Match[str]) -> str:
    for key, mark in _QUERY_KEYS:
        if key.search(match[1]):
            return f"{match[1]}={mark}"
    return match[0]


_DIGIT = re.compile(r"\d")
_AT = re.compile(r"@|[\s(\[]at[\s)\]]", re.I)
_TLD = r"(?:com|net|org|edu|gov|mil|info|biz|us|ca|co\.uk|uk)"
_LOCAL = r"[\w+%-]{1,40}(?:(?:\.|\s(?:dot|underscore|dash)\s)[\w+%-]{1,40}){0,4}"
_DOT = r"(?:\s?[.,]\s?|\sdot\s)"
_PROVIDER = (
    r"(?:g ?mail|googlemail|yahoo|ymail|rocketmail|hot ?mail|aol|outlook|live|msn|icloud|me|mac|"
    r"comcast|xfinity|verizon|att|sbcglobal|bellsouth|earthlink|cox|charter|spectrum|juno|"
    r"netzero|frontier|frontiernet|centurylink|windstream|optonline|roadrunner|rr|mindspring|"
    r"proton|protonmail|fastmail|gmx|mail|pacbell|embarqmail|suddenlink|cableone|q)"
)
_EMAIL_FORMS = (
    rf"(?<![\w.+-])([\w.+%'-]{{1,64}}\s?@\s?[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,3}}{_DOT}{_TLD})\b",
    r"(?<![\w.+-])([\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4})",
    rf"(?<![\w.+-])((?!(?:account|e-?mail|mail|me|is|am|look|it)\b){_LOCAL}\s?"
    rf"(?:\(at\)|\[at\]|\sat|@)\s?{_PROVIDER}{_DOT}{_TLD})\b",
    rf"(?:e-?mail|write|reach)\b[^@\n]{{0,25}}?(?:\bat|\bis|\bto|:)\s((?!me\b){_LOCAL}\s"
    rf"(?:at|\(at\)|\[at\])\s[\w-]{{1,40}}{_DOT}{_TLD})\b",
)


def _emails(text: str) -> str:
    for pattern in _EMAIL_FORMS:
        text = _cover(_compiled(pattern), _EMAIL, text)
    return text


_IS = r"(?:\W{0,3}\b(?:is|was|are|it is|it'?s|its|that'?s|would be)\b)?[\s:;,.#=(\"-]{0,4}"
_LAST_FOUR = r"\b(?:last|final) (?:four|4)\b"
_SSN_WORD = r"\b(?:s\.? ?s\.? ?n\.?|s\.?s\.?|soc(?:ial)?\.?(?: sec(?:urity)?\.?)?)"
_CARD_WORD = r"\b(?:card|visa|master ?card|amex|american express|discover|credit|debit)"
_NUMBER_WORD = r"(?:#|\bnumbers?|\bnum\b|\bnbr\b|\bno\b\.?|\bid\b|\bi\.d\.)"
_RECORD_WORD = (
    r"\b(?:m\.?r\.?n|mbi|hicn?|med(?:ical)? rec(?:ord)?s?|records?|member(?:ship)?|"
    r"subscriber|policy|chart|account|acct|claim|patient|group|grp|case|ref(?:erence)?|referral|confirmation|invoice|"
    r"auth(?:orization)?|insurance|medicare|medicaid|plan|license|licence|passport|id|"
    r"humana|aetna|cigna|bcbs|blue (?:cross|shield)|uhc|united ?health(?:care)?|"
    r"anthem|kaiser|tricare)\b\.?"
)
_ID = (
    r"(?:(?-i:[A-Z]{1,4}) )?(?=[A-Z-]{0,8}\d)[A-Z0-9]{1,20}(?:[-./][A-Z0-9]{1,12}){0,4}"
    r"(?: \d{3,}){0,4}(?: \d\d(?=[.,;)]|$))?"
)
_ID_DIGIT = r"(?:[A-Z]{0,4}(?:[-./][A-Z]{0,4}[-./]?)?\d| (?=\d{3})\d)"
_NO_DATE = (
    r"(?!\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b|\d\d \d\d (?:19|20)\d\d\b"
    r"|(?:19|20)\d\d[-/. ]{1,3}(?:\d{1,2}[-/.]|(?:19|20)\d\d\b)|\d{1,3}(?:,\d{3})+\b)"
)
"""Neither a day, nor a span of years, nor a figure with commas."""
_MBI = r"[1-9][A-Z][A-Z0-9]\d[ -]?[A-Z][A-Z0-9]\d[ -]?[A-Z]{2}\d\d"

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:1[89]\d\d|200\d|'?\d\d)(?!\d)"
"""No patient was born lately: "my birthday, 5/16/2023" names a party."""
_DATE = (
    rf"(?:(?:1[89]\d\d|200\d) ?[-/.] ?\d{{1,2}} ?[-/.] ?\d{{1,2}}(?!\d)"
    rf"|\d{{1,2}}(?: ?[-/.] ?| )\d{{1,2}}(?: ?[-/.] ?| ){_YEAR}"
    r"|\d{4}(?:1[89]\d\d|200\d)(?!\d)"
    rf"|{_MONTH} ?{_DAY}\b(?!:)(?:,? {_YEAR})?"
    rf"|{_DAY} (?:of |day of )?{_MONTH}(?:,? {_YEAR})?"
    rf"|{_MONTH},? (?:of )?(?:1[89]\d\d|200\d)(?!\d))"
)
_OLD_DATE = (
    rf"(?:\d{{1,2}}[-/.]\d{{1,2}}[-/.]|{_MONTH} {_DAY},? |{_DAY} (?:of )?{_MONTH},? )"
    r"19[0-6]\d(?!\d)"
)
_BIRTH = (
    r"\b(?:d\.? ?o\.? ?b\b\.?|date of b(?:irth|rith|irht)|birth ?-?dates?|birth ?-?days?|b-?day|"
    r"born|(?:came|come) into (?:this|the) world)"
)
_BIRTH_GAP = (
    r"(?:[\s:;,.()=-]{1,3}(?:is|was|it'?s|its|it is|on|in|the|my|his|hers?|mine|way back|back)\b"
    r"|\s(?:in|at) [a-z]{2,20}(?:[ ,]{1,2}[a-z]{2,20}){0,3}?,? on\b){0,5}[\s:;,.()=#-]{0,4}"
)

_NUMBERS = (
    (rf"{_SSN_WORD}\s?{_NUMBER_WORD}?{_IS}(\d{{3}}[ .-]?\d\d[ .-]?\d{{4}})(?!\d)", _SOCIAL),
    (r"(?<![\w/.-])(\d{3}[ .-]\d\d[ .-]\d{4}(?:-?[A-Z]\d?)?)(?![\w-])", _SOCIAL),
    (rf"{_LAST_FOUR}[^\d\n]{{0,40}}{_SSN_WORD}\b[^\d\n]{{0,15}}\b(\d{{4}})\b", _SOCIAL),
    (rf"{_LAST_FOUR}[^\d\n]{{0,15}}\b(\d{{4}})\b[^\d\n]{{0,15}}{_SSN_WORD}\b", _SOCIAL),
    (rf"{_SSN_WORD}[^\d\n]{{0,20}} end(?:s|ing)?\b[^\d\n]{{0,8}}\b(\d{{4}})\b", _SOCIAL),
    (rf"{_LAST_FOUR}[^\d\n]{{0,40}}{_CARD_WORD}\b[^\d\n]{{0,15}}\b(\d{{4}})\b", _CARD),
    (rf"{_LAST_FOUR}[^\d\n]{{0,15}}\b(\d{{4}})\b[^\d\n]{{0,15}}{_CARD_WORD}\b", _CARD),
    (rf"{_CARD_WORD}[^\d\n]{{0,20}} end(?:s|ing)?\b[^\d\n]{{0,8}}\b(\d{{4}})\b", _CARD),
    (rf"(?<![\w-])({_MBI})(?![\w-])", _RECORD),
    (
        rf"{_RECORD_WORD}(?: card| policy| plan| member)?\s?{_NUMBER_WORD}(?:'?s\b)?"
        rf"(?:(?: [a-z']{{1,12}}){{0,4}} is\b)?{_IS}{_NO_DATE}"
        rf"(?=(?:(?-i:[A-Z]{{1,4}}) )?{_ID_DIGIT}{{3}})(?!\d[\d,]*\.\d\d\b)({_ID})\b",
        _RECORD,
    ),
    (rf"\b(?:m\.?r\.?n|id)\b\.?{_IS}(?=(?:[A-Z-]{{0,8}}\d){{4}})({_ID})\b", _RECORD),
    (
        rf"{_RECORD_WORD}(?:[\s:#]{{1,3}}| is ){_NO_DATE}(?={_ID_DIGIT}{{5}})({_ID})\b"
        r"(?! ?(?:dollars|bucks|%|percent|people|patients|a (?:month|year)))",
        _RECORD,
    ),
    (r"(?<![\w/.=-])([A-Z]{1,4}\d{6,14})(?![\w-])", _RECORD),
    (rf"{_CARD_WORD}\b[^\d\n]{{0,20}}(\d(?:[ -]?\d){{11,18}})(?![\w-])", _CARD),
    (r"\b(?:cvv2?|cvc|security code)\b[^\d\n]{0,5}(\d{3,4})\b", _CARD),
    (
        rf"{_CARD}[\s,;]{{0,3}}(?:and )?(?:exp[a-z]*|good (?:thru|through)|valid [a-z]+)"
        r"\b[^\d\n]{0,10}(\d{1,2} ?[/-] ?\d{2,4})\b",
        _CARD,
    ),
    (rf"{_BIRTH}{_BIRTH_GAP}({_DATE})", _BIRTH_DATE),
    (rf"(?:{_BIRTH}\b|{_BIRTH_DATE})[^\d\n.!?]{{1,30}}?({_OLD_DATE})", _BIRTH_DATE),
    (
        rf"(?<![\w/-])({_DATE})[\s,;(-]{{0,3}}(?:(?:is|was|that'?s) )?(?:(?:my|his|her) )?"
        rf"(?:(?!born){_BIRTH}|when (?:i|he|she) was born)\b",
        _BIRTH_DATE,
    ),
    (rf"{_NAME}[,;:\s-]{{1,3}}({_OLD_DATE})", _BIRTH_DATE),
)
_CARD_LIKE = re.compile(r"(?<![\w/.=-])\d(?:[ -]?\d){12,18}(?![\w-])")
_LONG_NUMBER = re.compile(r"(?<![\w$/.,=-])(\d{9,25})(?![\w,-])")


def _luhn(number: str) -> bool:
    digits = [int(character) for character in number if character.isdigit()][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


_NO_STREET = (
    r"(?!(?:minutes?|mins?|hours?|hrs?|miles?|feet|foot|ft|yards?|blocks?|days?|weeks?|months?|"
    r"years?|yrs?|times?|steps?|doors?|lanes?|way|mg|percent|dollars|people|doctors?|shots?|of|the|"
    r"a|an|in|on|to|and|or|down|up|my|is|at|for|from|with|more|different|long|other|by|i|it|that)\b)"
)
_SURE_STREET = (
    r"(?:(?:street|avenue|road|lane|boulevard|parkway|highway)\b"
    r"|(?:ave|rd|ln|blvd|pkwy|hwy)\b\.?)"
)
_STREET = (
    r"(?:(?:street|avenue|road|lane|boulevard|parkway|highway|drive|court|place|circle|terrace|"
    r"trail|way|square|loop|alley|pike|turnpike|row|run|ridge|crossing|path|plaza|cove|commons)\b"
    r"|(?:st|ave?|rd|ln|blvd|pkwy|hwy|dr|ct|pl|cir|ter|trl|sq)\b\.?)"
)
_STREET_NAME = rf"(?:{_NO_STREET}(?:[a-z][a-z'.-]{{0,20}}|\d{{1,3}}(?:st|nd|rd|th))\s){{1,4}}?"
_CAPITAL_STREET = (
    r"(?:(?-i:[NSEW]{1,2}\.?\s)?(?:(?-i:[A-Z])[a-z'.-]{0,20}\s|\d{1,3}(?:st|nd|rd|th)\s){1,4}?)"
)
_STATES = (
    r"(?:alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|"
    r"hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|"
    r"michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|new (?:hampshire|jersey|"
    r"mexico|york)|(?:north|south) (?:carolina|dakota)|ohio|oklahoma|oregon|pennsylvania|"
    r"rhode island|tennessee|texas|utah|vermont|(?:west )?virginia|washington|wisconsin|wyoming)"
)
_STATE_CODE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|"
    r"T[NX]|UT|V[AT]|W[AIVY])"
)
_ZIP = r"(?!\d\d000\b)\d{5}(?:-\d{4})?\b"
_CITY = r"(?:(?-i:[A-Z])[a-z.'-]{1,20}[\s,]{1,2}){1,3}?"
_TAIL = (
    r"(?:[\s,]{1,2}(?:(?:apt|apartment|unit|suite|ste|lot|room|rm|bldg|building|floor|trailer)\b\.?"
    r"\s?#?\s?|#\s?)(?:\d{1,5}-?[a-z]?|[a-z]-?\d{0,4})\b)?"
    rf"(?:[\s,]{{1,2}}{_CITY}(?:{_STATES}|(?-i:{_STATE_CODE}))\b(?:\.?[\s,]{{1,2}}{_ZIP})?"
    rf"|[\s,]{{1,2}}(?:{_NO_STREET}[a-z.'-]{{2,20}}[\s,]{{1,2}}){{1,3}}?(?:{_STATES}|{_STATE_CODE})"
    rf"[\s,]{{1,2}}{_ZIP}|[\s,]{{1,2}}{_ZIP}"
    r"|, (?-i:[A-Z])[a-z'-]{2,20}(?: (?-i:[A-Z])[a-z'-]{2,20})?(?=[.,;!?]|$))?"
)
_HOUSE = r"(?<![\w/$.,-])((?:(?:apt|unit|lot|room)\.? ?#?\w{1,4},? (?:at )?)?\d{1,6}[a-z]?"
_STARTS = r"(?:\b(?:at|to|from|is|in|address|on|lives?)|[:=])\s?"
_ADDRESS_HEADS = (
    rf"{_HOUSE}\s(?:old |state |county |u\.?s\.? )?(?:road|rd|highway|hwy|route|rte|rt)\.? "
    r"\d{1,4}\b)",
    rf"{_HOUSE}\s{_CAPITAL_STREET}(?-i:(?=[A-Z])){_STREET})",
    rf"{_HOUSE}\s{_STREET_NAME}{_SURE_STREET})",
    rf"{_STARTS}{_HOUSE}\s{_STREET_NAME}{_STREET})",
    rf"{_HOUSE}\s(?-i:[NSEW]\.? )?Broadway\b)",
    rf"{_HOUSE}\s(?-i:[NSEW]\.? \d{{2,5}} [NSEW])\b)",
    rf"{_STARTS}{_HOUSE}\s[nsew]\.?\s{_NO_STREET}[a-z]{{3,20}}\b)",
    rf"\b(?:lives?|resides?|living|address)(?: is)?(?: at|:)? "
    rf"(\d{{1,6}}(?:\s{_NO_STREET}[a-z]{{3,20}}){{1,2}}\b)",
    r"\b((?:rural route|r\.?r\.?|rfd) ?#?\d{1,3}(?:,? ?box ?#?\d{1,5}[a-z]?)?\b)",
    r"\b((?:p\.? ?o\.?|post office) ?box ?#?\d{1,6}\b)",
)
_PLACES = (
    r"(?<![\w/$.,-])(\d{5}) zip\b",
    r"\bzip(?: ?code)?\b[\s:#]{0,3}(?:is|was|it'?s)?[\s:]{0,2}(\d{5}(?:-\d{4})?)\b",
    r"((?-i:(?:(?!(?:From|In|At|Near|To|The|My|We|Is|Live|Our|And)\b)"
    r"\b[A-Z][a-z.'-]{1,20}[\s,]{1,2}){0,3}\b)"
    rf"(?:{_STATES}|(?-i:{_STATE_CODE}))[\s,.]{{1,2}}{_ZIP})",
    r"\b(?:in|from|near|at|to|around|outside) ((?:[a-z.'-]{2,20}[\s,]{1,2}){1,3}?"
    rf"{_STATE_CODE}[\s,]{{1,2}}{_ZIP})",
)


def _addresses(text: str) -> str:
    for head in _ADDRESS_HEADS:
        spans = []
        for match in _compiled(head).finditer(text):
            tail = _compiled(_TAIL).match(text, match.end(1))
            spans.append((match.start(1), tail.end() if tail else match.end(1)))
        text = _cover_spans(spans, _ADDRESS, text)
    for pattern in _PLACES:
        text = _cover(_compiled(pattern), _ADDRESS, text)
    return text


_PHONE_WORD = (
    r"\b(?:phone|telephone|tel|ph|cell(?:phone)?|mobile|call|ring|text|reach|fax|number|home|work|"
    r"contact|landline|line|machine|pager|(?:i['’]?m|i am|we are|we['’]re) at)\b"
)
_O = r"[\dOo]"
_EXTENSION = r"(?:,?\s?(?:ext(?:ension)?\b\.?|x)\s?\d{1,5}\b)?"
_PHONE_START = r"(?<![\w/$.,=-])"
_PHONE_FORMS = (
    rf"{_PHONE_START}(\(?(?:\+?1[\s.-]{{0,3}})?\(?{_O}{{3}}\)?(?:\s?[-./]\s?|\s?)"
    rf"{_O}{{3}}(?:\s?[-./]\s?|\s?){_O}{{4}}{_EXTENSION})(?!\w)",
    rf"{_PHONE_START}((?:\d[ -]){{9}}\d)(?![\w-])",
    rf"{_PHONE_WORD}[^\d\n$]{{0,30}}?(?<![\w$.,]){_NO_DATE}(\+?\(?\d(?:[\s().,/-]{{0,2}}\d){{6,14}}"
    rf"{_EXTENSION})(?![\w%])",
    rf"{_PHONE_START}([2-9]\d\d-(?!\d?\d?00\b)\d{{4}}{_EXTENSION})(?![\w-])",
)


def _phones(text: str) -> str:
    for pattern in _PHONE_FORMS:
        text = _cover(_compiled(pattern), _PHONE, text)
    if sum(character.isdigit() for character in text) < 7:
        return text
    # For the numbers of other countries, which have no one form. It loads in 40 ms, which a
    # message without a number need not wait for.
    import phonenumbers

    matches = phonenumbers.PhoneNumberMatcher(text, "US")
    return _cover_spans([(match.start, match.end) for match in matches], _PHONE, text)


_SPELT_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPELT_NUMBER = re.compile(
    rf"(?<![\w(])\(?(?:{_SPELT_DIGIT}|\d{{1,4}})(?:[\s(),.-]{{1,3}}(?:{_SPELT_DIGIT}|\d{{1,4}})){{2,13}}\b",
    re.I,
)
_ORDINAL = (
    r"(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|"
    r"tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|"
    r"nineteenth|twentieth|thirtieth)"
)
_SPELT_YEAR = (
    r"(?:nineteen (?:oh |o )?(?:hundred and )?[a-z]{3,9}"
    r"(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|19\d\d)"
)
_SPELT_BIRTH_DATE = (
    rf"{_BIRTH}{_BIRTH_GAP}((?:{_MONTH} (?:the )?(?:{_ORDINAL}|{_DAY})\b"
    rf"|(?:{_ORDINAL}|{_DAY}) (?:of |day of )?{_MONTH})(?:,? (?:in )?{_SPELT_YEAR})?)"
)


def _spelt_phone(match: re.Match[str]) -> str:
    parts = re.findall(r"[a-z]+|\d+", match[0].lower())
    length = sum(len(part) if part.isdigit() else 1 for part in parts)
    spelt = any(part.isalpha() for part in parts)
    return _PHONE if spelt and length in (7, 10, 11) else match[0]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIRST_NAMES = _words(
    """
    aaron abby abdul abel abigail abner abraham ada adam addie adele adeline adrian adriana
    adrienne agatha agnes ahmed aisha akiko al alan alana albert alberta albina alec alejandra
    alejandro alex alexander alexandra alexis alfonso alfred alfreda alfredo alice alicia alina
    allan allen allison allyson alma almeda alonzo alphonse althea alvaro alvin alyssa amalia
    amanda amelia amos amy ana anastasia andre andrea andrew andy angela angelica angelina
    angeline angelo anita ann anna anne annette annie anthony antoinette antonia antonio archie
    ariel arlene armando arnie arnold arthur ashley astrid athena aubrey audrey augusta aurelio
    avery ayesha barb barbara barney barry bart beatrice beatriz becky belinda ben benita benito
    benjamin bennie benny bernadette bernard bernardo bernice bernie bernita bert bertha bessie
    beth betsy bettie betty bettye beulah beverly bianca billie billy blanca blanche bob bobbie
    bobby bonnie boris brad bradley brady brandi brandon brenda brent brett brian bridget brittany
    brooke bruce bruno bryan bryce byron caitlin calvin cameron camille candace carey carl carla
    carlos carmela carmella carmen carol carole caroline carolyn carrie carroll casey cassandra
    catherine cathleen cathy cecil cecile cecilia cedric celeste celia cesar chandra charlene
    charles charlie chelsea cherie cheryl chester chloe chris christa christie christina christine
    christopher christy ciara cindy claire clara clarence clarice clarissa claude claudia clayton
    clement clementine cleo cletus clifford clifton clint clinton clyde cody colette colin colleen
    connie conrad constance consuelo cora corey corinne cornelia cornelius courtney craig crystal
    curtis cynthia cyril dan daniel danny daphne darla darlene darnell darrell darren darryl daryl
    dave david deanna deanne debbie debby deborah debra deirdre delbert delia delilah della
    delores delphine demetrius dena denise dennis denny derek desiree devin dewey diana diane
    dianne diego dina dionne dirk dmitri dolores dominic dominique don donald donna donnell donnie
    dora dorcas doreen dorian doris dorothea dorothy dorthy dottie doug douglas duane dustin
    dwight earlene earline ed eddie edgar edith edmund edna eduardo edward edwin edwina effie
    eileen elaine elba eleanor eleanore elena eli elias elinor elisa elise eliza elizabeth ella
    ellen ellie ellis elmer elnora eloise elsie elva elvira elwood emanuel emil emile emilia
    emilio emily emma emmett enid enrique eric erik erika erin erma ernest ernestina ernestine
    ernesto ernie ervin esmeralda esperanza esteban estela estella estelle esther ethel etta
    eugene eugenia eula eunice eva evan evangeline evelyn everett fannie fatima faye federico
    felicia felipe felix fernando fidel fiona flora florine floyd fran frances francine francis
    francisco franklin fred freda freddie freddy frederick fritz gabriel gabriela gabrielle gail
    garrett gary gavin gayla gayle geneva genevieve geoffrey georgette georgina gerald geraldine
    gerard gerardo geri germaine gerry gertie gertrude gilbert gina giovanni giselle gladis gladys
    glenda glenn gloria goldie gordon graciela graham greg gregory greta gretchen griselda
    guadalupe guido guillermo gus gustavo gwen gwendolyn hal hank hannah hans harlan harley harold
    harriet harriette harry harvey hassan hattie hector hedwig heidi helen helena helene helga
    henrietta henry herb herbert herman herminia hilda hiram hiroshi homer horace hortense howard
    hubert hugh humberto ian ibrahim ida ignacio igor ilene ilse imelda imogene ines inez inga
    ingrid irene irma irvin irving irwin isaac isabel isabella isabelle isaiah ismael ivan ivette
    jackie jaclyn jacob jacqueline jacquelyn jacques jada jaime jake jamal james jamie jan jane
    janelle janet janette janice janine janis jared jasmine jason jasper javier jayne jean
    jeanette jeanne jeannette jeannie jeannine jed jeff jeffrey jennie jennifer jerald jeremiah
    jeremy jeri jermaine jerome jerri jerry jesse jessica jessie jesus jill jim jimmie jimmy jo
    joan joann joanna joanne joaquin jocelyn jodi jody joe joel joey johann johanna john johnnie
    johnny jolene jon jonas jonathan jorge jose josefina joseph josephina josephine josh joshua
    josie joyce juan juana juanita judith judy jules julia julian julianne julie juliet juliette
    julio justin justine kaitlyn kareem karen kari karin karl karla kate katharine katherine
    katheryn kathi kathie kathleen kathryn kathy katie katrina katy kay kayla keisha keith kelley
    kelli kelly ken kendra kenji kenneth kenny kerry kevin kieran kim kimberly kirk krista kristen
    kristi kristin kristina kristine kristy krystal kurt kurtis kyle lamar lana larissa larry
    latasha latoya laura lauren laurence laurie laverne lavinia lavonne lawrence leah leanne leigh
    leland lena lenny lenore leo leon leona leonard leonor leopold leroy leslie lester leticia
    letitia lewis lila lilia lilian lillian lillie lilly linda linwood lionel lisa liza lizzie
    lloyd lois lola lonnie lora lorena lorene lorenzo loretta lorna lorraine lottie lou louann
    louella louis louise lowell luann lucia luciano lucien lucile lucille lucinda lucy luella
    luigi luis luisa lupe luther luz lydia lyle lyn lynn lynne lyudmila mabel mable maddie
    madeline madelyn mae maggie mahmoud malcolm malik mamie mandy manuel marc marcel marcella
    marcelo marci marcia marco marcus margaret margarete margarita marge margery margie margo
    margot margret maria marian mariana marianne maribel marie mariel marietta marilyn marilynn
    marina mario marion marisa marissa maritza marjorie marla marlene marlin marlon marsha
    marshall marta martha martin marva marvin mary maryann maryanne marylou mathilda matilda matt
    matthew mattie maud maude maura maureen maurice mauricio mavis maximilian maxine maya maynard
    meg megan mel melanie melba melinda melissa mellie melvin mercedes meredith merle mervin meryl
    mia micah michael micheal michele michelle miguel mike mikhail mila mildred millicent millie
    milton mimi mina mindy minerva minnie mira miranda miriam mitch mitchell mitzi mohamed
    mohammad mohammed moira mollie molly mona monica monique mordecai morris muhammad muhammed
    muriel mustafa myra myrna myron myrtle nadia nadine nancy nanette naomi natalia natalie
    natasha nathan nathaniel ned neil nell nellie nelson nestor nettie nicholas nick nicolas
    nicole nicolette nikita nina nita noel noelle nora norbert noreen norma norman norris nydia
    octavia octavio odell odessa ofelia oleg olga oliver olivia ollie omar opal ophelia oprah
    orville oscar otis otto owen pablo paige pam pamela paolo pascal pasquale patrice patricia
    patrick patsy patti patty paul paula paulette paulina pauline pedro peg peggy penelope percy
    peter petra phil philip phillip phoebe phyllis pierre polly priscilla priya quentin quinn
    rachael rachel rafael rafaela ralph ramiro ramon ramona randall randolph randy raquel rasheed
    rashid raul raymond raymundo reba rebecca reggie regina reginald reina renata rene renee
    reuben reva rhoda rhonda ricardo richard rick ricky rigoberto rita robbie robert roberta
    roberto robyn rochelle rodney rodolfo rodrigo rogelio roger roland rolando romeo ron ronald
    ronda ronnie rosa rosalia rosalie rosalind rosalinda rosalyn rosanna rosanne rosario roseann
    roseanne rosella rosemarie rosemary rosetta rosie roslyn ross rowena roxanne roy royce ruben
    rudolph rudy rufus rupert russell ruth ruthie ryan sabrina sadie sal sally salma salvatore sam
    samantha samir sammy samuel sandra sara sarah sasha saul seamus selena selma serena sergei
    sergio seth seymour shane shanice shannon shari sharlene sharon sharron shaun shawn sheila
    sheldon shelia shelly sheree sheri sherman sherri sherrie sherry sheryl shirlee shirley sid
    sidney sigrid silas silvester silvia simon simone sofia sonia sonja sophia sophie stacey
    stacie stacy stan stanley stefan stella stephan stephanie stephen steve steven stewart stuart
    susan susana susie suzanne suzette svetlana sylvester sylvia tabitha tamara tamika tammy tanya
    tara tasha ted terence teresa terrence terri terry tessa thad thaddeus thelma theo theodore
    theresa thomas tia tiffany tim timmy timothy tina tobias toby todd tom tomas tommy toni tony
    tracy trent trevor tricia trina trisha trudy twila tyler tyrone ulysses uriah ursula valentin
    valentina valeria valerie vanessa vaughn velma vera verla verlene verna vernell vernice vernon
    veronica vic vicente vicki vickie vicky victoria vince vincent vinny viola violetta virgil
    vito vivian viviana vladimir waldo wallace wally walt walter wanda waylon wayne weldon wendell
    wendy wes wesley wilbur wilda wilford wilfred wilhelmina willa willard william willie wilma
    winifred winnie winston woodrow xavier xiomara yasmin yesenia yetta yoko yolanda yoshiko yusuf
    yvette yvonne zachary zelda zelma zoe zola
    """
)
_NAMES_AND_WORDS = _words(
    """
    amber angel bea beau bill brandy buck buddy butch chad charlotte chuck clay cliff daisy dale
    dawn dean dick dolly dot earl earnest fern florence forrest frank gene george georgia ginger
    glen grant guy hazel heather holly iris ivy jack jackson jay jewel jewell jordan joy junior
    lance lee len mack mark max melody mercy nan olive orlando pat pearl penny perry preston ray
    rex rob robin rocky rod rose ruby rusty sandy santiago savannah sonny spencer sue taylor troy
    val vance victor violet virginia wade wiley woody
    """
)
"""First names that are also words or places: they need an announcement, the others a surname."""
_ORDINARY = _words(
    """
    a aarp about above absolutely accident acting actually adhd aetna afraid after again against
    age aged agreeable ah ain't alive all allergic almost alone already alright also always am
    amazed america american an and angry another anthem anxious any anybody anymore anyone
    anything appointment april are aren't around as asap ashamed ask asked asking asks at atlas
    august aunt available awake aware away awful back bad baptist bcbs be because been before
    behind being below better between big bladder bleeding blind blue bmi bone bones both bothered
    bothering bound bp brand broken brother buddhist bus but by bye call called calling came can
    can't canadian cancer cane cannot car care catholic cause certain chair chinese christian
    cigna clear cleveland clinic close cna cold come comes coming common complete concerned
    confused considered content copd correct cortisone cost could couldn't cousin covered covid
    cpt crazy cross ct curious dad daughter day days dead deaf dear december definitely depressed
    desperate diabetic did didn't different difficult disabled disc discs do doc doctor doctors
    does doesn't doing don't done dont down dr drive drives due during each easy eight eighteen
    eighty either ekg eleven else embarrassed emergency emg english even evening ever every
    everybody everyone everything exactly excited extra eye eyes family far father february feel
    feeling feels feet few fifteen fifth fifty filipino finally fine finnish first five flat
    florida folks foot for forty four fourteen free french friday friend friends from fully funny
    fusion gave german get gets getting give given glad go god goes going gone gonna good goodbye
    google got granddaughter grandma grandmother grandpa grandson grateful great greek greetings
    had half happy hard has hasn't have haven't having he he's head healthy heart hello help her
    here here's hers hes hi high him hindu hip hips his hmo honey hoping hopkins hospital hot
    house how howdy however humana hun hundred hungarian hurt hurting hurts husband i i'd i'll i'm
    i've icd ice if ill im in indian information injection injections injured inside insurance
    interested into irish is isn't it it's italian its itself ive january japanese jewish johns
    journal jr july june just kaiser keep keeps kind kindly knee knees know known knows korean l
    last late later least left leg legs less let lets ligament like likely listed listen little
    living long look looking looks lord lost lot love low lower lpn lss lucky lumbar lutheran
    ma'am maam mad madam made make man many march married may maybe mayo me mean means medicaid
    medical medicare medicine merry methodist mexican mild mine miss missed mom monday month
    months more mormon morning most mostly mother mr mri mrs ms much mud mum muslim my myself name
    named names near neck need needed needs neighbor neighbour nephew nervous never new next nice
    niece night nine nineteen ninety no nobody none nor normal norwegian not nothing november now
    nowhere numb number nurse o'clock obese october of off office often oh ok okay old older on
    once one only open operation or order ot other otherwise ouch our out outside over overweight
    own page pain painful part past patient pcp people person phone physician pills plane please
    polish portuguese positive possible ppo pregnant presbyterian pretty prior probably procedure
    protestant proud pt puerto put question questions quite ready real really recently red relief
    results retired ridiculous right risk rn russian sad said same sat saturday saw say saying
    says scan scared scottish second see seems seen september serious set seven seventeen seventy
    shall she she's shes shot shots should shoulder shouldn't shut sick side since single sir
    sister six sixteen sixty skinny small so some somebody someone something sometimes son soon
    sore sorry spanish speaking specialist spelled spelt spinal spine sr st standing started
    stenosis stiff still strong stuck such suffer suffering sunday supposed sure surgeon surgery
    swedish take taken takes taking talking team tell telling tells ten tens terrible terrified
    texan than thank thanks that that's thats the their them then therapist therapy there there's
    these they they're they've thing things think thinking thinks third thirteen thirty this those
    though thought three through thru thursday thus till tired to today together told tomorrow
    tonight too took total totally tough train treatment tricare tried true trying tuesday twelve
    twenty twice two type ukrainian unable uncle under unhappy unhealthy united unlike until up
    upset upstairs us use used useful useless usually va very veteran vietnamese waiting walk
    walker walking want wanted wanting wants was wasn't way we we're wednesday week weeks well
    went were what what's wheelchair when where which while white who who's whole whom whose why
    widow widower wife will willing wish with within without won't wondering word work worked
    works worried worse worst would wouldn't writing wrong yall year years yes yesterday yet you
    you'd you'll you're young your yours yourself zero
    """
)
"""Words that begin no name, and end one: "dorothy miller and", "I'm Catholic"."""
_ADJECTIVE = re.compile(
    r"(?:ing|ed|ish|ese|ians?|icans?|ic|ive|ful|less|able|ible|ous|ern|ly|ist|ent|ant|ary)$"
)

_LETTERS = r"[^\W\d_]+(?:[-'’](?!s\b)[^\W\d_]+)*"
_WORD = re.compile(_LETTERS)
_NEXT_WORD = re.compile(
    r"(?:(?<=\b[^\W\d_])\.\s?|\s)"
    r"(?:(?:de|da|del|della|di|la|le|van|von|der|den|ter|bin|al|el|st\.?|dos)\s){0,2}"
    rf"({_LETTERS})",
    re.I,
)
_SUFFIX = re.compile(r",?\s(?:jr|sr|ii|iii|iv)\b\.?", re.I)
_AND = re.compile(r"\s(?:and|&)\s")
_CLOSE = re.compile(rf"\s*(?:[.,!?;:)\d]|\n|{_MARK}|$)")
_END = re.compile(r"[\s.!]*$")

_RELATIVE = (
    r"(?:husband|wife|spouse|partner|mother|mom|mum|mama|momma|father|dad|daddy|papa|son|daughter|"
    r"sister|brother|aunt|uncle|cousin|niece|nephew|grand(?:son|daughter|ma|pa|mother|father)|"
    r"neighbou?r|friend|boyfriend|girlfriend|caregiver|aide|doctor|doc|surgeon|physician|therapist|"
    r"specialist|nurse|chiropractor|cardiologist|neurologist|pcp|pastor|roommate)(?:[- ]in[- ]law)?"
)
_ANNOUNCEMENTS: tuple[tuple[re.Pattern[str], str, re.Pattern[str] | None], ...] = tuple(
    (re.compile(pattern, re.I), reading, after)
    for pattern, reading, after in (
        (
            r"\b(?:(?:(?:my|his|her|their) |(?<=['’]s ))(?:(?:full|real|legal) )?"
            r"name(?:['’]?s| is| was)"
            r"|my names(?: is)?|name ?[:=]|(?:patient|client) ?:|under the name(?: of)?|surname"
            r"|(?:first|last|middle|maiden|full|family|legal|given|nick)[ -]?name"
            r"|i(?:['’]?m| am) called|i go by|me llamo|mi nombre es)(?: is| was)?[\s:,=-]{1,3}",
            "any",
            None,
        ),
        (
            r"\b(?:sincerely(?: yours)?|regards|yours (?:truly|faithfully)|respectfully(?: yours)?"
            r"|cordially|best wishes)[\s,.!-]{1,4}",
            "any",
            _CLOSE,
        ),
        (
            r"\b(?:i['’]?m|i am|we are|we['’]re|this is|calls? me|on behalf of"
            r"|name(?: is| was|['’]s)?|appointments? (?:is |was |are )?(?:under|for)|named)\s",
            "capital",
            None,
        ),
        (
            r"\b(?:thanks?(?: you)?(?: (?:kindly|again|so much|very much|much|a lot|a bunch"
            r"|a million|in advance|for your (?:time|help)))?|thx|signed"
            r"|god bless(?: you)?|blessings)[\s,.!-]{1,4}|\b(?:love|best|yours),\s",
            "capital",
            _CLOSE,
        ),
        (rf"\b{_RELATIVE}(?: is| was|['’]?s?,)?\s(?!(?<=\buncle )sam\b)", "first", None),
        (
            r"\b(?:(?:it['’]?s|it is)(?: me)?|hi|hello|hey|good (?:morning|afternoon|evening)),?\s",
            "known",
            None,
        ),
        (
            r"\b(?:called|ask(?:ing)? for|(?:spoke|speak|spoken|talk|talked) (?:to|with)"
            r"|(?:put|have) me down as|contact|c/o|referred (?:me )?by)\s",
            "known",
            None,
        ),
        (r"(?:(?:^|\s)[-–—~]{1,2}|[.!?\n])\s?(?=\w)", "known", _END),
        (r"(?:^|[.!?,\n]\s?)(?=\w)", "present", re.compile(r"\s(?:here|calling|speaking)\b")),
        (
            r"(?-i:(?<![\w.'’-])(?<!\bSan\s)(?<!\bSanta\s)(?<!\bSt\s)(?<!\bSt\.\s)"
            r"(?=[A-Z][a-z]+\s[A-Z]))",
            "whole",
            re.compile(
                r"(?!\s(?:Hospital|Clinic|Medical|Center|Foundation|Journal|University|Church|"
                r"Institute|Memorial|School|Health))"
            ),
        ),
    )
)
"""What comes before a name, how much a word must look like one, what must come after it.

any: no ordinary word. capital: a first name, or a capital where capitals tell. first: the
same, without a surname in small letters. known: a first name, or two capitals. present: the
same, with a surname in small letters. whole: a first name and a surname.
"""
_TITLE = re.compile(
    r"\b(mr|mrs|dr|prof|rev|ms|miss|mister|doctor|professor|reverend|father|sister|brother|nurse|"
    r"rabbi|deacon|aunt|uncle|judge|pastor|señora?|lt|col|sgt|capt)\b(?:\.\s?|\s)"
    r"(?:(?:(?:and|&)\s)?(?:col|dr|mrs)\b(?:\.\s?|\s))?(?!(?<=\buncle )sam\b)",
    re.I,
)
_SHORT_TITLES = ("mr", "mrs", "dr")
_DETERMINER = re.compile(
    r"\b(?:my|the|a|his|her|your|our|their|this|that|any|every|each|which|what|new|old|other|"
    r"another|family|spine|back|pain|eye|heart|foot|same|of|primary|good|one|no)\s$",
    re.I,
)
_SPELT = re.compile(
    rf"(?:{_NAME}|\bspell(?:ed|ing|t)?)[\s,:;-]{{0,3}}(?:(?:that['’]s|it['’]s|spelled|spelt) )?"
    r"((?:[A-Za-z][-. ]{1,2}){2,}[A-Za-z])\b",
)
_SPELT_BY_DASHES = re.compile(r"(?<![\w-])([A-Z](?:-[A-Z]){4,24})(?![\w-])")
_SMALL_WORD = re.compile(
    r"(?<=[^\s.!?] )(?:is|are|and|my|the|in|am|to|of|have|for|it|do|need|a|with)\b", re.I
)


def _names(text: str) -> str:
    spans = list(_found_names(text, _capitals_tell(text)))
    text = _cover(_SPELT, _NAME, _cover_spans(spans, _NAME, text))
    return _cover(_SPELT_BY_DASHES, _NAME, text)


def _capitals_tell(text: str) -> bool:
    """Whether a capital marks a name: not where all letters or all words have one."""
    if text.upper() == text:
        return False
    small = _SMALL_WORD.findall(text)
    return 2 * sum(word[0].isupper() for word in small) <= len(small)


def _found_names(text: str, telling: bool) -> Iterator[tuple[int, int]]:
    for announcement, reading, after in _ANNOUNCEMENTS:
        for match in announcement.finditer(text):
            start = match.end()
            # "my mother, Agnes Whitfield" is a name, "my mother, Medicare pays" is not.
            sought = "known" if reading == "first" and "," in match[0] else reading
            end = _name_end(text, start, sought, telling)
            if end is None or (after and not after.match(text, end)):
                continue
            yield start, end
            also = _AND.match(text, end)
            if also and (other := _name_end(text, also.end(), "known", telling)):
                yield also.end(), other
    for match in _TITLE.finditer(text):
        end = _titled_end(text, match, telling)
        if end is not None:
            yield match.start(), end


def _name_end(text: str, start: int, reading: str, telling: bool) -> int | None:
    """Return where the name that begins at `start` ends; None when there is none."""
    match = _WORD.match(text, start)
    if match is None or not _begins_name(match[0], reading, telling):
        return None
    capital = telling and match[0][0].isupper()
    words = [match[0]]
    end = match.end()
    while len(words) < 5 and (match := _NEXT_WORD.match(text, end)):
        word = match[1]
        if not _goes_on(word, words, capital, reading):
            break
        words.append(word)
        end = match.end()
    if len(words) == 1 and (
        len(words[0]) == 1
        or reading == "whole"
        or (reading in ("known", "present") and words[0].lower() not in _FIRST_NAMES)
    ):
        return None
    suffix = _SUFFIX.match(text, end)
    return suffix.end() if suffix else end


def _begins_name(word: str, reading: str, telling: bool) -> bool:
    plain = word.lower().replace("’", "'")
    capital = telling and word[0].isupper() and (len(word) == 1 or not word.isupper())
    if plain in _ORDINARY:
        return False
    if plain in _FIRST_NAMES or reading == "whole":
        return plain in _FIRST_NAMES
    if plain in _NAMES_AND_WORDS:
        return capital or reading in ("any", "capital")
    if reading == "any" and capital:
        return True
    return (capital or reading == "any") and not _ADJECTIVE.search(plain)


def _goes_on(word: str, words: list[str], capital: bool, reading: str) -> bool:
    """Whether `word` is one more of a name's `words`."""
    plain = word.lower().replace("’", "'")
    if len(word) == 1:
        return plain not in "ai" or (word == "A" and capital)
    if plain in _ORDINARY:
        return False
    if capital:
        return word[0].isupper() and (words[0].isupper() or not word.isupper())
    if plain in _FIRST_NAMES:
        return True
    surnames = [said for said in words if said.lower() not in _FIRST_NAMES and len(said) > 1]
    return (
        reading in ("any", "capital", "present")
        and len(surnames) < (words[0].lower() not in _FIRST_NAMES) + 1
        and len(plain) > 2
        and not _ADJECTIVE.search(plain)
    )


def _titled_end(text: str, title: re.Match[str], telling: bool) -> int | None:
    """Return where the name after a title ends; None when "Sister" or "dr" is no title."""
    word = _WORD.match(text, title.end())
    if word is None or title[1] == "MS":
        return None
    short = title[1].lower() in _SHORT_TITLES
    if telling and word[0][0].isupper():
        titled = (short or title[1][0].isupper()) and (len(word[0]) == 1 or not word[0].isupper())
    else:
        before = max(0, title.start() - 12)
        titled = short and len(word[0]) > 2
        titled = titled and not _DETERMINER.search(text, before, title.start())
        telling = False
    return _name_end(text, word.start(), "any", telling) if titled else None
