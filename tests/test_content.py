"""What an editor sees when a file under content/ is right, and when it is not."""

import shutil

import pytest

from lumbar.content import ATTRIBUTES, figures, load
from lumbar.documents import ContentError
from lumbar.settings import ROOT
from lumbar.studio.rules import facts, treatments
from lumbar.studio.rules.project import Project


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "content", tmp_path / "content")
    return tmp_path / "content"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(path, text):
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_facts_and_treatments_keep_the_rules():
    project = Project()
    assert not [*project.found, *facts.check(project), *treatments.check(project)]


def test_figures_in_words_count():
    assert figures("Two to six weeks, for 88% of 1,200 people; one in 6.") == [
        "2",
        "6",
        "88",
        "1,200",
    ]


def test_evidence_covers_the_six_sources():
    assert len(load().facts.evidence) == 6


def test_the_table_is_whole():
    table = load().treatments.treatments
    for name in ("mild", "epidural_steroid_injection", "laminectomy"):
        assert set(table[name].cells) == set(table[name].sentences) == set(ATTRIBUTES)
    assert not table["physical_therapy"].cells
    assert not table["pain_medication"].cells


def test_clinic_details_that_are_missing_are_not_made_up(folder):
    clinic = load(folder).clinic
    assert clinic.contact == "please ask the team at Atlas Pain Specialists"
    edit(folder / "clinic.yml", "name: Atlas", 'phone: "+1 555 0100"\nname: Atlas')
    assert load(folder).clinic.way == "Atlas Pain Specialists (+1 555 0100)"


@pytest.mark.parametrize(
    ("name", "meant", "typed", "around"),
    [
        ("clinic.yml", "emergency_number", "emergency_nmber", "{}:"),
        ("treatments.yml", "physical_therapy", "physical_therapie", "facts: [{}]"),
    ],
    ids=["unknown key", "missing fact"],
)
def test_a_misspelt_name_is_told_with_file_line_and_nearest_name(
    folder, name, meant, typed, around
):
    edit(folder / name, around.format(meant), around.format(typed))
    with pytest.raises(ContentError) as error:
        load(folder)
    assert f"{name}:{line_of(folder / name, typed)}:" in str(error.value)
    assert f"Did you mean {meant!r}?" in str(error.value)


def test_missing_key_names_file_line_and_key(folder):
    edit(folder / "facts.yml", "    section: Introduction\n", "")
    with pytest.raises(
        ContentError, match=r"facts\.yml:\d+: the key 'facts\.0\.section' is missing"
    ):
        load(folder)


def test_fact_that_stands_twice_is_refused(folder):
    edit(folder / "facts.yml", "- id: mild_kind", "- id: mild_name")
    with pytest.raises(ContentError, match="'mild_name' stands twice"):
        load(folder)


def test_unknown_evidence_is_refused(folder):
    edit(folder / "facts.yml", "evidence: [cleveland_clinic]", "evidence: [clevland_clinic]")
    with pytest.raises(ContentError, match="Did you mean 'cleveland_clinic'"):
        load(folder)


def test_unknown_treatment_in_an_order_is_refused(folder):
    edit(folder / "treatments.yml", "order: [epidural_steroid_injection,", "order: [epidural,")
    with pytest.raises(ContentError, match=r"treatments\.yml:\d+: .*unknown name 'epidural'"):
        load(folder)


def test_broken_yaml_names_the_line(folder):
    edit(folder / "facts.yml", "  - id: mild_kind\n", "  - id: mild_kind: [\n")
    with pytest.raises(ContentError, match=r"facts\.yml:\d+: this is no valid YAML"):
        load(folder)


def test_other_encoding_is_told(folder):
    (folder / "clinic.yml").write_bytes("name: Clínica".encode("latin-1"))
    with pytest.raises(ContentError, match=r"clinic\.yml:1: .* Save the file with encoding UTF-8"):
        load(folder)


def test_missing_file_is_told(folder):
    (folder / "phrases.yml").unlink()
    with pytest.raises(ContentError, match=r"phrases\.yml:1: the file is missing"):
        load(folder)


def test_empty_file_is_told(folder):
    (folder / "clinic.yml").write_text("")
    with pytest.raises(ContentError, match=r"clinic\.yml:1: .*Fill in the file"):
        load(folder)
