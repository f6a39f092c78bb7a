"""Drafts made from an article: nothing enters the content that nobody accepted."""

import json
import shlex
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
import typer
from editor import snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner

from lumbar import content
from lumbar.commands import import_
from lumbar.settings import ROOT
from lumbar.studio import articles
from lumbar.studio.articles import Article, read
from lumbar.studio.candidates import propose
from lumbar.studio.errors import StudioError, UsageError
from lumbar.studio.files import undo
from lumbar.studio.yaml_edits import KEYS, add_facts

ARTICLES = Path(__file__).parent / "articles"


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def paragraph(text, style="", number=""):
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    number = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>' if number else ""
    return f"<w:p><w:pPr>{style}{number}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows):
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def write_docx(path):
    """Write the leaflet as a word processor saves it."""
    styles = {"Title": "Title", "Heading1": "heading 1"}
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/numbering" Target="numbering.xml"/>'
        "</Relationships>",
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}">'
        + "".join(
            f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
            for key, name in styles.items()
        )
        + "</w:styles>",
        "word/numbering.xml": f'<w:numbering xmlns:w="{WORD}"><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>'
        + paragraph("Going home after MILD", "Title")
        + paragraph("Looking after the wound", "Heading1")
        + paragraph("Keep the bandage dry for 48 hours. A shower is fine on the third day.")
        + paragraph("Call us at once if:")
        + paragraph("you run a fever above 101 degrees", number="1")
        + paragraph("the wound bleeds through the bandage", number="1")
        + paragraph("Back to your usual day", "Heading1")
        + table(
            ("Activity", "Earliest"), ("Gardening", "after 10 days"), ("Air travel", "after 7 days")
        )
        + "</w:body></w:document>",
    }
    with ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return path


@pytest.fixture(scope="module")
def leaflets(tmp_path_factory):
    """The leaflet in each form, by the ending of its name."""
    forms = {ending: ARTICLES / f"aftercare.{ending}" for ending in ("html", "md", "txt")}
    return {**forms, "docx": write_docx(tmp_path_factory.mktemp("word") / "aftercare.docx")}


@pytest.fixture(scope="module")
def proposal():
    return propose(read(str(ARTICLES / "aftercare.html")))


@pytest.mark.parametrize("form", ["html", "md", "txt", "docx"])
def test_each_form_keeps_headings_lists_and_tables(leaflets, form):
    article = read(str(leaflets[form]))
    assert article.title == "Going home after MILD"
    wound, day = "Looking after the wound", "Back to your usual day"
    told = {
        (wound, "Keep the bandage dry for 48 hours"),
        (wound, "Call us at once if: you run a fever above 101 degrees"),
        (wound, "Call us at once if: the wound bleeds through the bandage"),
        (day, "Gardening: Earliest after 10 days"),
        (day, "Air travel: Earliest after 7 days"),
    }
    assert told <= {(section, text.rstrip(".")) for section, text in article.sentences}


def test_items_of_a_list_within_a_list_keep_what_introduces_them(leaflets):
    texts = [text for _, text in read(str(leaflets["md"])).sentences]
    assert "What to bring: a list of your medicines" in texts
    assert "these things for the night: loose clothes" in texts


def test_lines_of_plain_text_that_were_broken_are_one_sentence(leaflets):
    texts = [text for _, text in read(str(leaflets["txt"])).sentences]
    assert "A shower is fine on the third day, and baths have to wait for two weeks." in texts
    assert "After that, most things are possible again." in texts


def test_what_surrounds_an_article_on_a_page_is_dropped(leaflets):
    told = " ".join(text for _, text in read(str(leaflets["html"])).sentences).lower()
    for word in ("cookie", "our doctors", "blog", "accept all", "privacy", "rights", "visits"):
        assert word not in told
    assert "48 hours.1" not in told


@pytest.mark.parametrize(
    ("form", "lost"),
    [("html", "Our nurses also recommend:"), ("txt", "Our nurses recommend:"), ("md", None)],
)
def test_a_list_that_was_announced_and_is_not_there_is_told(leaflets, form, lost):
    article = read(str(leaflets[form]))
    assert article.lost == ([lost] if lost else [])
    assert not any(text.endswith(":") for _, text in article.sentences)


def by_text(proposal):
    return {one.text: one for draft in proposal.drafts for one in draft.candidates}


def test_each_candidate_is_held_against_what_is_known(proposal):
    known = by_text(proposal)
    for text, flag, fact in [
        ("Keep the bandage dry for 48 hours.", "", ""),
        ("Gardening: Earliest after 10 days.", "", ""),
        ("Relief lasts up to three years after one MILD procedure.", "contradicts", "five_years"),
        ("MILD requires general anesthesia.", "contradicts", "no_general_anesthesia"),
        (
            "Pain pills can control the symptoms, but they do not treat the cause of the pain.",
            "repeats",
            "pain_medication",
        ),
    ]:
        one = known[text]
        assert (one.flag, one.why.split(":")[0]) == (flag, fact), one
    assert (
        content.load().facts["five_years"].text
        in known["Relief lasts up to three years after one MILD procedure."].why
    )


FLAGS = [
    ("The procedure takes about 2 hours.", "contradicts"),
    ("Most procedures take about 60 minutes.", "repeats"),
    ("Most patients walk and stand better within two to six weeks.", "repeats"),
    ("Most patients walk and stand better within 14 to 42 days.", "repeats"),
    (
        "Most patients notice improvements in walking and standing within three months.",
        "contradicts",
    ),
    ("Lumbar spinal stenosis is most common in adults over 70.", "contradicts"),
    ("More than 70% of people in the study avoided open back surgery.", "contradicts"),
    ("MILD is not FDA-cleared.", "contradicts"),
    ("Implants are placed during MILD.", "contradicts"),
    ("Recovery after a laminectomy takes 3 weeks.", "contradicts"),
    ("Physical therapy may start in the third week.", ""),
    ("Drink only clear water until two hours before the procedure.", ""),
    ("Do not drive for 24 hours after the sedation.", ""),
    ("About 30,000 people have had the procedure in this country.", ""),
]
NO_FACTS = [
    ("Do you have more questions?", "a question"),
    ("Contact us today to book a visit.", "a call to action"),
    ("To learn more, visit our website.", "a call to action"),
    ("For details, please click here.", "a call to action"),
    ("We use cookies to make this website better.", "about the website"),
    ("This leaflet tells what to look out for.", "about the article"),
    ("“I carried my own groceries again. My wife could not believe it.”", "a quotation"),
    ("Share this", "no sentence"),
]
ADVICE = [
    "Call us if the wound bleeds.",
    "Call 911 when you cannot move your legs.",
    "“Mild” is only a name.",
]


@pytest.fixture(scope="module")
def judged():
    texts = [*(text for text, _ in (*FLAGS, *NO_FACTS)), *ADVICE]
    return propose(Article("Leaflet", [("Advice", text) for text in texts]))


@pytest.mark.parametrize(("text", "flag"), FLAGS)
def test_another_figure_or_a_denial_contradicts(judged, text, flag):
    assert by_text(judged)[text].flag == flag


def test_what_is_no_fact_is_left_out_and_told(judged):
    assert judged.left_out == NO_FACTS
    assert set(ADVICE) <= set(by_text(judged))


def test_a_section_is_a_draft_for_the_question_it_answers(proposal):
    drafts = {draft.key: draft for draft in proposal.drafts}
    assert drafts["duration"].exists
    wound = drafts["looking_wound"]
    assert not wound.exists
    assert wound.question == "Looking after the wound?"
    assert 0 < wound.likeness < 1
    assert {one.section for one in wound.candidates} == {"Looking after the wound"}
    assert [one.figures for one in wound.candidates[:3]] == [["48"], [], ["2"]]


def test_no_id_stands_twice():
    text = "Local anesthesia is used"
    article = Article(
        "Leaflet", [("One", f"{text}."), ("Two", f"{text}!"), ("Two", f"{text} here.")]
    )
    ids = [one.id for draft in propose(article).drafts for one in draft.candidates]
    assert ids == ["local_anesthesia_2", "local_anesthesia_3"]


app = typer.Typer()
app.command()(import_.import_)


def run(*arguments, typed=""):
    """Run the command as a script does; return what it printed, or raise its error."""
    result = CliRunner().invoke(app, list(map(str, arguments)), input=typed)
    if isinstance(result.exception, StudioError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(import_, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))


def test_without_a_terminal_it_lists_and_tells_how_to_accept(project, leaflets):
    before = snapshot(project)
    output = run(leaflets["html"])
    assert "draft looking_wound, new question: Looking after the wound?" in output
    assert "draft duration, existing question: How long does the relief last?" in output
    assert "a list after 'Our nurses also recommend:' is missing in the source: left out" in output
    assert "left out, a question: Do you have more questions?" in output
    assert "--accept" in output
    assert snapshot(project) == before


def test_json_tells_the_same_and_writes_nothing(project, leaflets):
    before = snapshot(project)
    told = json.loads(run(leaflets["html"], "--json"))
    assert told["title"] == "Going home after MILD"
    assert told["lost"] == ["Our nurses also recommend:"]
    candidates = [one for draft in told["drafts"] for one in draft["candidates"]]
    assert {one["flag"] for one in candidates} == {"", "repeats", "contradicts"}
    assert snapshot(project) == before


def test_accepted_facts_are_added_and_can_be_taken_back(project, leaflets):
    before = snapshot(project)
    output = run(leaflets["html"], "--accept", "looking_wound", "--accept", "duration")
    facts = content.load(project / "content").facts.facts
    added = facts[len(YAML(typ="safe").load(before[Path("content/facts.yml")])["facts"]) :]
    assert [fact.text for fact in added][:2] == [
        "Keep the bandage dry for 48 hours.",
        "A shower is fine on the third day.",
    ]
    # The draft on duration holds only what contradicts or repeats.
    assert {fact.section for fact in added} == {"Looking after the wound"}
    assert {fact.source for fact in added} == {"Going home after MILD"}
    assert added[0].figures == ["48"]
    command = shlex.split(next(line for line in output.splitlines() if "lumbar teach" in line))
    assert command[:4] == ["lumbar", "teach", "--text", "Looking after the wound?"]
    assert command[command.index("--facts") + 1] == ",".join(fact.id for fact in added)
    changed = {name for name, text in snapshot(project).items() if text != before.get(name)}
    assert changed == {Path("content/facts.yml")}
    assert "aftercare.html" in undo()
    assert snapshot(project) == before


def test_a_person_accepts_draft_by_draft_and_rewords(project, leaflets, terminal):
    drafts = propose(read(str(leaflets["html"]))).drafts
    asked = [draft for draft in drafts if draft.fresh]
    assert [draft.key for draft in asked] == ["looking_wound", "back_usual_day"]
    reworded = ["Keep the bandage dry for two days", *["-"] * (len(asked[0].candidates) - 1)]
    run(leaflets["html"], "--source", "Willow Creek", typed="\n".join(["e", *reworded, "n"]) + "\n")
    fact = content.load(project / "content").facts.facts[-1]
    assert (fact.text, fact.figures) == ("Keep the bandage dry for two days.", ["2"])
    assert fact.source == "Willow Creek"


def test_nothing_is_written_for_a_person_who_declines(project, leaflets, terminal):
    before = snapshot(project)
    assert "Nothing was written" in run(leaflets["html"], typed="n\nn\n")
    assert snapshot(project) == before


def test_what_contradicts_is_added_only_one_by_one(project, tmp_path, terminal):
    article = tmp_path / "leaflet.md"
    article.write_text("# Driving\n\nMILD requires general anesthesia. Leave your car at home.\n")
    run(article, typed="y\n")
    assert content.load(project / "content").facts.facts[-1].text == "Leave your car at home."
    undo()
    run(article, typed="e\nMILD requires general anesthesia.\n-\n")
    last = content.load(project / "content").facts.facts[-1]
    assert last.text == "MILD requires general anesthesia."


def test_a_file_from_windows_keeps_its_line_ends(project, leaflets):
    path = project / "content" / "facts.yml"
    before = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(before)
    run(leaflets["txt"], "--accept", "looking_wound")
    after = path.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\r\n") == after.count(b"\n") > before.count(b"\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--accept", "loking_wound"], "Did you mean 'looking_wound'"),
        (["--accept", "looking_wound", "--json"], "leave out --accept"),
    ],
)
def test_wrong_use_is_told(project, leaflets, arguments, told):
    before = snapshot(project)
    with pytest.raises(UsageError, match=told):
        run(leaflets["html"], *arguments)
    assert snapshot(project) == before


LATIN = "Caf\u00e9 visits are fine.".encode("latin-1")


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("missing.txt", None, "there is no such file"),
        ("folder.txt", "folder", "this is a folder"),
        ("empty.txt", b" \n", "it is empty"),
        ("old.doc", b"x", r"\(\.doc\) is not read.*\.docx"),
        ("scan.pdf", b"%PDF-1.7", r"\(\.pdf\) is not read.*\.docx"),
        ("noending", b"x", "no ending"),
        ("large.txt", b"Walk. " * 1_000_000, "larger than 5 MB"),
        ("latin.txt", b"Fine.\n" + LATIN, "latin.txt:2: a letter here is no UTF-8"),
        ("strange.html", b'<meta charset="klingon">', "no KLINGON"),
        ("bytes.txt", b"MZ\0\0", "no text"),
        ("broken.docx", b"PK\3\4", "no whole document of Word"),
        ("navigation.html", b"<nav><a href='/'>Start</a></nav>", "no article was found"),
        ("rule.md", b"---\n", "no article was found"),
    ],
)
def test_a_file_that_is_no_article_is_refused(project, tmp_path, name, written, told):
    path = tmp_path / name
    if written == "folder":
        path.mkdir()
    elif written is not None:
        path.write_bytes(written)
    with pytest.raises(StudioError, match=told) as error:
        run(path)
    assert str(error.value).startswith(str(path))


def test_a_page_in_another_encoding_that_it_tells_is_read(tmp_path):
    page = (ARTICLES / "aftercare.html").read_text(encoding="utf-8")
    page = page.replace("utf-8", "iso-8859-1").replace("Gardening", "Caf\u00e9 visits")
    (tmp_path / "page.html").write_bytes(page.encode("latin-1", "replace"))
    assert any("Caf\u00e9" in text for _, text in read(str(tmp_path / "page.html")).sentences)


HTML = "text/html"
PAGES = {
    "/aftercare": (200, {"Content-Type": HTML}, (ARTICLES / "aftercare.html").read_bytes()),
    "/moved": (301, {"Location": "/aftercare"}, b""),
    "/circle": (302, {"Location": "/circle"}, b""),
    "/leaflet.md": (200, {"Content-Type": "text/plain"}, (ARTICLES / "aftercare.md").read_bytes()),
    "/picture": (200, {"Content-Type": "image/png"}, b"png"),
    "/scan": (200, {"Content-Type": "application/pdf"}, b"%PDF"),
    "/nothing": (200, {"Content-Type": HTML}, b"<html><body></body></html>"),
    "/empty": (200, {"Content-Type": HTML}, b""),
    "/large": (200, {"Content-Type": HTML}, b"<p>Walk.</p>" * 500_000),
    "/latin": (200, {"Content-Type": f"{HTML}; charset=utf-8"}, LATIN),
    "/slow": (200, {"Content-Type": HTML}, None),
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        status, headers, body = PAGES.get(self.path, (404, {}, b"gone"))
        if body is None:
            time.sleep(0.5)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body or b"")
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def directly(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("path", ["/aftercare", "/moved", "/leaflet.md"])
def test_an_article_is_read_from_a_website(site, path):
    article = read(site + path)
    assert article.title == "Going home after MILD"
    assert ("Looking after the wound", "Keep the bandage dry for 48 hours.") in article.sentences


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/gone", r"answers 404 \(Not Found\)"),
        ("/circle", "leads in a circle"),
        ("/picture", r"\(image/png\) is not read"),
        ("/scan", r"\(application/pdf\) is not read.*\.docx"),
        ("/nothing", "no article was found"),
        ("/empty", "it is empty"),
        ("/large", "larger than 5 MB"),
        ("/latin", "no UTF-8"),
        ("/slow", "no answer in time"),
    ],
)
def test_a_website_without_an_article_is_told(site, monkeypatch, path, told):
    monkeypatch.setattr(articles, "SECONDS_TO_READ", 0.2 if path == "/slow" else 20)
    with pytest.raises(StudioError, match=told) as error:
        read(site + path)
    assert str(error.value).startswith(site + path)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:9/leaflet", "nobody answers"),
        ("ftp://127.0.0.1/leaflet", "only addresses with http"),
        ("http://", "no valid address"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(url, told):
    with pytest.raises(StudioError, match=told):
        read(url)


FACTS = (ROOT / "content" / "facts.yml").read_text(encoding="utf-8")
FEW = FACTS[: FACTS.index("  - id: mild_kind")]

words = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40)
lists = st.lists(words, max_size=3)
facts = st.fixed_dictionaries(
    {"id": words, "section": words, "text": words},
    optional={"figures": lists, "evidence": lists, "source": words},
)
files = st.sampled_from(
    [
        FEW,
        FEW.rstrip("\n"),
        FEW + "\n# The end.\n",
        "facts:\n- id: old\n  figures:\n  - '1'\n  # why\n\n# more\nevidence: {}\n",
        "facts: # none yet\nevidence:\n  a: b\n",
        'evidence: {}\nfacts:',
        "evidence: {a: &a b}\nfacts:\n    - id: old\n      source: *a # alias\n...\n",
        'facts:\n  - id: old\n    text: >-\n      folded\n      # no comment\n\n\nevidence: {}\n',
    ]
)  # fmt: skip


@settings(deadline=None)
@given(files, st.booleans(), st.lists(facts, max_size=3))
def test_added_facts_are_read_back_and_every_other_byte_stays(text, windows, new):
    source = text.replace("\n", "\r\n") if windows else text
    result = add_facts(source, new)
    before, after = (YAML(typ="safe").load(one) for one in (source, result))
    written = [{key: one[key] for key in KEYS if one.get(key)} for one in new]
    assert after == {**before, "facts": [*(before["facts"] or []), *written] or before["facts"]}
    assert result.count("\r\n") == result.count("\n") or not windows
    assert _alike(source, result) + _alike(source[::-1], result[::-1]) >= len(source)


def _alike(one, other):
    """Return how many letters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
