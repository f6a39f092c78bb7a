"""Reads an article, from a file or a web page, into sentences with their sections.

Every form becomes HTML first, so that headings, lists and tables are understood in one place.
"""

import io
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from itertools import groupby, zip_longest
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from zipfile import ZipFile

import mammoth
import requests
import spacy
import trafilatura
from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, Tag
from markdown_it import MarkdownIt
from spacy.language import Language

from lumbar.studio.errors import StudioError

MAX_BYTES = 5_000_000
MAX_UNPACKED_BYTES = 50_000_000
SECONDS_TO_CONNECT = 5
SECONDS_TO_READ = 20
FORMS = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".docx": "docx",
    ".txt": "text",
}
TYPES = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
TAKEN = "Web pages (.html), Markdown (.md), Word's .docx and plain text (.txt) are taken."

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
NO_TEXT = ("script", "style", "template", "noscript", "nav", "form", "button", "svg")
AS_IN_HTML = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "quote": "blockquote"}
"""What trafilatura calls what it found."""

HEADING_WORDS = 9
"""A line of plain text with more words is no heading."""

_WITHIN_LINES = re.compile(
    "a|abbr|b|bdi|br|cite|code|del|em|font|hi|i|img|ins|kbd|label|mark|q|ref|s|small|span|strong|"
    "sub|sup|time|u|var"
)
_BULLET = re.compile(r"(?:[-*+•·▪◦‣–—]|\d{1,2}[.)])\s+")
_ENDS = re.compile(r"[.!?:;,][\"'”’)]*$")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_NOTE_NUMBER = re.compile(r"\[\d+\]")
_QUOTATION = re.compile(r"[\"“][^\"”]{25,}")


@dataclass
class Article:
    """`sentences` are (section, text); `lost` the sentences that announce a list which is
    not there; `title` is empty when the source has none."""

    title: str
    sentences: list[tuple[str, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def read(source: str) -> Article:
    """Return the article in the file, or at the http(s) address, `source`.

    Raises:
        StudioError: it cannot be reached or read, is no text or too large, or has no text.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        content, form, charset = _fetch(source)
        name = PurePosixPath(urlsplit(source).path).stem or urlsplit(source).netloc
    else:
        content, form, charset = _open(Path(source))
        name = Path(source).stem
    if not content.strip():
        raise StudioError(f"{source}: it is empty. Name a file with an article in it.")
    title = ""
    if form == "docx":
        body = _from_docx(content, source)
    else:
        text = _decoded(content, charset, form, source)
        if form == "html":
            title, body = _main_part(text, source)
        else:
            body = _from_markdown(text) if form == "markdown" else _from_text(text)
    article = _Walk(title, name).read(BeautifulSoup(body, "html.parser"))
    if not article.sentences:
        raise _no_text(source)
    return article


def _open(path: Path) -> tuple[bytes, str, str]:
    if path.is_dir():
        raise StudioError(f"{path}: this is a folder. Name one file in it.")
    if not path.is_file():
        raise StudioError(f"{path}: there is no such file. Check its name and folder.")
    if path.suffix.lower() not in FORMS:
        raise _unknown_form(str(path), path.suffix or "no ending")
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(str(path))
    try:
        return path.read_bytes(), FORMS[path.suffix.lower()], ""
    except OSError as error:
        raise StudioError(
            f"{path}: it cannot be read ({error.strerror}). Check the rights to the file."
        ) from None


def _fetch(url: str) -> tuple[bytes, str, str]:
    """Return the bytes at `url`, their form and the encoding the server tells."""
    if urlsplit(url).scheme.lower() not in ("http", "https"):
        raise StudioError(f"{url}: only addresses with http:// or https:// are read.")
    timeout = (SECONDS_TO_CONNECT, SECONDS_TO_READ)
    try:
        with requests.get(url, stream=True, timeout=timeout) as answer:
            if not answer.ok:
                raise StudioError(
                    f"{url}: the website answers {answer.status_code} ({answer.reason}). Open "
                    "the address in a browser and copy it from there."
                )
            kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
            form = TYPES.get(kind)
            if kind in ("text/plain", "application/octet-stream", ""):
                suffix = PurePosixPath(urlsplit(answer.url).path).suffix.lower()
                form = FORMS.get(suffix, "text" if kind == "text/plain" else None)
            if form is None:
                raise _unknown_form(url, kind or "of unknown type")
            content = b""
            until = time.monotonic() + SECONDS_TO_READ
            for part in answer.iter_content(1 << 16):
                content += part
                if len(content) > MAX_BYTES:
                    raise _too_large(url)
                if time.monotonic() > until:
                    raise requests.Timeout
            told = "charset" in answer.headers.get("Content-Type", "").lower()
            return content, form, (answer.encoding or "") if told else ""
    except requests.RequestException as error:
        reasons = (
            (requests.Timeout, "no answer in time"),
            (requests.TooManyRedirects, "it leads in a circle"),
            (requests.exceptions.SSLError, "its certificate is not valid"),
            (requests.ConnectionError, "there is nobody of that name, or nobody answers"),
        )
        why = next((told for kind, told in reasons if isinstance(error, kind)), "no valid address")
        raise StudioError(
            f"{url}: the page cannot be reached ({why}). Open the address in a browser; what can "
            "be read there can be saved as a file and imported from it."
        ) from None


def _decoded(content: bytes, charset: str, form: str, where: str) -> str:
    content, marked = EncodingDetector.strip_byte_order_mark(content)
    if form == "html" and not (marked or charset):
        charset = EncodingDetector.find_declared_encoding(content, is_html=True) or ""
    encoding = marked or charset or "utf-8"
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = content[:start].count(b"\n") + 1
        raise StudioError(
            f"{where}:{line}: a letter here is no {encoding.upper()}. Save the file with encoding "
            "UTF-8."
        ) from None
    if "\0" in text:
        raise _unknown_form(where, "no text")
    return text.replace("\r\n", "\n")


def _from_docx(content: bytes, where: str) -> str:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise _too_large(where)
        titled = "p[style-name='Title'] => h1:fresh"
        return str(mammoth.convert_to_html(io.BytesIO(content), style_map=titled).value)
    except StudioError:
        raise
    except Exception:  # Whatever mammoth stumbles over, in a file that is no document of Word's.
        raise StudioError(
            f"{where}: this is no whole document of Word's. Open it in a word processor and "
            f"save it as .docx anew. {TAKEN}"
        ) from None


def _main_part(page: str, where: str) -> tuple[str, str]:
    """Return a page's title and its article as HTML, without navigation and advertisements."""
    whole = BeautifulSoup(page, "html.parser")
    for line_break in whole.find_all("br"):
        line_break.replace_with(" ")
    for note in whole.find_all("sup"):
        if note.get_text().strip(" []*").isdigit():  # It would be read as a figure.
            note.decompose()
    found = trafilatura.extract(
        str(whole), output_format="xml", include_comments=False, with_metadata=True
    )
    if not found:
        raise _no_text(where)
    soup = BeautifulSoup(found, "html.parser")
    for tag in soup.find_all(True):
        kind = str(tag.get("rend", ""))
        if tag.name == "head":
            tag.name = kind if kind in HEADINGS else "h2"
        elif tag.name in ("list", "item") and kind[:2] in ("dl", "dt", "dd"):
            tag.name = kind[:2]
        elif tag.get("role") == "head":
            tag.name = "th"
        else:
            tag.name = AS_IN_HTML.get(tag.name, tag.name)
    document = soup.find("doc")
    title = document.get("title") if isinstance(document, Tag) else ""
    return str(title or ""), str(soup)


def _from_markdown(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(_FRONT_MATTER.sub("", text)))


def _from_text(text: str) -> str:
    """Return plain text as HTML, with headings, with tables whose rows begin with "|"."""
    html = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in block.split("\n")]
        lines = [line for line in lines if any(map(str.isalnum, line))]
        for is_table, group in groupby(lines, lambda line: line.startswith("|")):
            if is_table:
                rows = [escape(line.strip("|")).replace("|", "</td><td>") for line in group]
                rows = [f"<tr><td>{row}</td></tr>" for row in rows]
                html.append(f"<table>{''.join(rows)}</table>")
                continue
            for number, paragraph in enumerate(_unwrapped(list(group))):
                heading = not number and not _BULLET.match(paragraph) and _is_heading(paragraph)
                tag = ("h2" if html else "h1") if heading else "p"
                html.append(f"<{tag}>{escape(paragraph.lstrip('# '))}</{tag}>")
    return "\n".join(html)


def _unwrapped(lines: list[str]) -> list[str]:
    """Return the paragraphs of a block: a line goes on in the next one when the next one
    begins small, or its first word found no room."""
    width = max(map(len, lines))
    paragraphs: list[str] = []
    before = ""
    for line in lines:
        full = len(before) + len(line.split()[0]) >= width
        goes_on = full or (line[0].islower() and not _ENDS.search(before))
        if paragraphs and goes_on and not _BULLET.match(line):
            paragraphs[-1] += f" {line}"
        else:
            paragraphs.append(line)
        before = line
    return paragraphs


def _is_heading(line: str) -> bool:
    question = line.endswith("?")
    return len(line.split()) <= HEADING_WORDS and (question or not _ENDS.search(line))


class _Walk:
    """Goes through an article's HTML from top to bottom."""

    def __init__(self, title: str, name: str) -> None:
        self.article = Article(title)
        self.section = title or name
        self.intro = ""
        """What the items of a list that may come next belong to."""
        self.awaited = False
        """Whether the introduction is a sentence that is lost without a list."""

    def read(self, root: Tag) -> Article:
        self._read_blocks(root)
        self._introduce("")
        return self.article

    def _introduce(self, text: str, *, awaited: bool = False) -> None:
        if self.awaited:
            self.article.lost.append(self.intro)
        self.intro, self.awaited = text, awaited

    def _add(self, text: str) -> None:
        if any(map(str.isalpha, text)):
            self.article.sentences.append((self.section, text))

    def _read_blocks(self, parent: Tag) -> None:
        for block in _blocks(parent):
            if isinstance(block, str):
                self._read_paragraph(block)
            elif block.name in HEADINGS:
                self._read_heading(block)
            elif block.name in ("ul", "ol", "dl"):
                self._read_list(block)
            elif block.name == "blockquote":
                self._introduce("")
                self._add(f"“{_clean(block.get_text(' '))}”")
            elif block.name == "table" and not _is_layout(block):
                self.awaited = False
                self._read_table(block)
            else:
                self._read_blocks(block)

    def _read_heading(self, heading: Tag) -> None:
        text = _clean(heading.get_text()).rstrip(":")
        if text:
            self.section = text
            self._introduce(text if text.endswith("?") else f"{text}:")
            if heading.name == "h1" and not self.article.title:
                self.article.title = text

    def _read_paragraph(self, text: str) -> None:
        if bullet := _BULLET.match(text):
            self._read_item(text[bullet.end() :])
            return
        *others, last = [text] if _QUOTATION.match(text) else sentences(text)
        self._introduce("")
        for sentence in others:
            self._add(sentence)
        if last.endswith(":"):
            self._introduce(last, awaited=True)
        else:
            self._add(last)
            self._introduce(last if last.endswith("?") else "")

    def _read_list(self, tag: Tag) -> None:
        for item in tag.find_all(("li", "dt", "dd"), recursive=False):
            parts = list(_blocks(item))
            nested = [part for part in parts if isinstance(part, Tag) and part.name in ("ul", "ol")]
            text = " ".join(
                part if isinstance(part, str) else _clean(part.get_text(" "))
                for part in parts
                if part not in nested
            )
            if item.name == "dt":
                self._introduce(f"{text.rstrip(':')}:")
            elif text.endswith(":") and nested:
                self._read_nested(text, nested)
            else:
                if text:
                    self._read_item(text)
                self._read_nested(f"{text}:", nested)
        self._introduce("")

    def _read_nested(self, intro: str, lists: list[Tag]) -> None:
        around, self.intro, self.awaited = self.intro, intro, False
        for one in lists:
            self._read_list(one)
        self.intro = around

    def _read_item(self, text: str) -> None:
        self.awaited = False
        text = re.sub(r"[;,]( and| or)?$", "", text)
        # A whole sentence needs no heading to be understood.
        alone = not self.intro or (self.intro[:-1] == self.section and text.endswith("."))
        self._add(text if alone else f"{self.intro} {text}")

    def _read_table(self, table: Tag) -> None:
        rows = [row.find_all(("th", "td")) for row in table.find_all("tr")]
        headed = all(cell.name == "th" for cell in rows[0]) or not table.find("th")
        labels = [_clean(cell.get_text(" ")) for cell in rows[0]] if headed else []
        for cells in rows[headed:]:
            row, *values = [_clean(cell.get_text(" ")) for cell in cells] or [""]
            for label, value in zip_longest(labels[1 : len(values) + 1], values, fillvalue=""):
                if value:
                    self._add(f"{row}: {label} {value}" if label else f"{row}: {value}")
        self._introduce("")


def _blocks(parent: Tag) -> Iterator[str | Tag]:
    """Yield the elements in `parent` that stand in lines of their own, and the texts between."""
    line = ""
    for child in parent.children:
        if type(child) is NavigableString:
            line += child
        elif isinstance(child, Tag) and child.name not in NO_TEXT:
            if all(_WITHIN_LINES.fullmatch(tag.name) for tag in (child, *child.find_all(True))):
                line += child.get_text() if child.name != "br" else " "
                continue
            if text := _clean(line):
                yield text
            line = ""
            yield child
    if text := _clean(line):
        yield text


def _is_layout(table: Tag) -> bool:
    """Whether a table only places what it holds."""
    widths = [len(row.find_all(("th", "td"))) for row in table.find_all("tr")]
    return table.find("table") is not None or max(widths, default=0) < 2


def _clean(text: str) -> str:
    """Return a text in one line, without what cannot be seen and numbers of footnotes."""
    shown = (" " if one.isspace() else one for one in text)
    seen = "".join(one for one in shown if unicodedata.category(one) not in ("Cc", "Cf"))
    return " ".join(_NOTE_NUMBER.sub("", seen).split())


@lru_cache(maxsize=1)
def _splitter() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.max_length = MAX_BYTES
    return nlp


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph."""
    return [sentence.text.strip() for sentence in _splitter()(text).sents]


def _unknown_form(where: str, what: str) -> StudioError:
    return StudioError(f"{where}: a file of this kind ({what}) is not read. {TAKEN}")


def _too_large(where: str) -> StudioError:
    return StudioError(
        f"{where}: it is larger than {MAX_BYTES // 1_000_000} MB. Save the article alone, without "
        "images, as a file of its own."
    )


def _no_text(where: str) -> StudioError:
    return StudioError(
        f"{where}: no article was found in it. Copy the article's text into a .txt file, and "
        "import that."
    )
