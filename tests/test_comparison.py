"""What a patient is told when treatments are looked up, compared and ranked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbar.comparison import Context, Named, Request, about_others, answer, resolve
from lumbar.content import ATTRIBUTES, FIGURE, TREATMENTS, load

TABLE = load().treatments.treatments
SHOTS, LAMI, MILD = "epidural_steroid_injection", "laminectomy", "mild"


def ask(text, treatments=(), attributes=(), context=None):
    return resolve(
        text,
        [Named(name, place) for place, name in enumerate(treatments)],
        [Named(name, place) for place, name in enumerate(attributes)],
        context,
    )


def told(text, treatments=(), attributes=(), context=None):
    return answer(ask(text, treatments, attributes, context)).text


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("name", [MILD, SHOTS, LAMI])
def test_a_look_up_gives_the_figures_of_the_cell(name, attribute):
    text = answer(Request((name,), attribute)).text
    assert FIGURE.findall(text) == FIGURE.findall(TABLE[name].cells[attribute])


@pytest.mark.parametrize(
    ("question", "attribute", "winner"),
    [
        (
            "which is the least invasive",
            "invasiveness",
            "Epidural steroid injections are the least",
        ),
        ("which one is the most invasive", "invasiveness", "A traditional laminectomy is the most"),
        ("which has the shortest recovery", "recovery_time", "Epidural steroid injections have"),
        (
            "which has the longest recovery",
            "recovery_time",
            "A traditional laminectomy has the long",
        ),
        (
            "which lasts longest",
            "duration_of_relief",
            "A traditional laminectomy gives the longest",
        ),
        (
            "which wears off first",
            "duration_of_relief",
            "Epidural steroid injections give the short",
        ),
    ],
)
def test_a_ranking_names_the_winner_first(question, attribute, winner):
    assert told(question, attributes=[attribute]).startswith(winner)


def test_two_treatments_are_compared_on_what_is_asked_only():
    text = told("mild or shots, which lasts longer", [MILD, SHOTS], ["duration_of_relief"])
    assert text.startswith("MILD gives the longer relief.")
    assert "Up to 5 years or more" in text
    assert "Weeks to 6 months" in text
    assert "10+" not in text
    assert "24–48" not in text


def test_asked_for_everything_the_whole_table_comes():
    reply = answer(ask("show me everything side by side"))
    for name in (MILD, SHOTS, LAMI):
        for attribute in ("invasiveness", "recovery_time", "duration_of_relief"):
            assert TABLE[name].cells[attribute] in reply.text
    assert len(reply.table["rows"]) == 3
    assert len(reply.table["columns"]) == 5


def test_the_table_payload_holds_the_cells_as_they_are():
    table = answer(Request((MILD, LAMI), "recovery_time")).table
    assert table == {
        "type": "table",
        "caption": "Typical recovery time",
        "columns": ["Treatment", "Typical recovery time"],
        "rows": [
            ["MILD", TABLE[MILD].cells["recovery_time"]],
            ["Traditional laminectomy", TABLE[LAMI].cells["recovery_time"]],
        ],
    }


def test_best_is_not_decided_for_the_patient():
    text = told("is mild better than a laminectomy", [MILD, LAMI])
    assert text.startswith("I cannot say which treatment is best for you.")


def test_therapy_and_pills_are_told_in_the_articles_terms():
    assert "cannot reverse" in told("does pt fix it", ["physical_therapy"])
    assert "does not treat the cause" in told("will pills fix it", ["pain_medication"])


def test_an_elliptical_follow_up_keeps_the_treatment():
    context = Context((LAMI,), "duration_of_relief")
    assert ask("and healing time?", (), ["recovery_time"], context) == Request(
        (LAMI,), "recovery_time", highest=False
    )


def test_a_correction_keeps_the_attribute():
    context = Context((LAMI,), "duration_of_relief")
    request = ask("sorry, I was asking about the injections", [SHOTS], (), context)
    assert request.treatments == (SHOTS,)
    assert request.attribute == "duration_of_relief"


def test_same_thing_for_the_operation_keeps_the_attribute():
    request = ask("same thing for the operation", [LAMI], (), Context((SHOTS,), "recovery_time"))
    assert (request.treatments, request.attribute) == ((LAMI,), "recovery_time")


def test_out_of_those_two_keeps_the_pair():
    request = ask(
        "out of those two which lasts longest",
        (),
        ["duration_of_relief"],
        Context((MILD, SHOTS), "recovery_time"),
    )
    assert request.treatments == (MILD, SHOTS)


def test_a_treatment_the_patient_wants_to_avoid_is_not_looked_up():
    request = resolve("what is there besides surgery", [Named(LAMI, 22)], [])
    assert LAMI in request.treatments
    assert len(request.treatments) == len(TREATMENTS)


def test_the_price_of_a_laminectomy_is_not_answered_with_milds():
    text = told("how much does a laminectomy cost", [LAMI])
    assert text.startswith("My source does not give a price for a traditional laminectomy.")
    assert "MILD" not in text


def test_it_after_a_look_up_means_the_treatment_looked_up():
    context = Context((LAMI,), "invasiveness")
    assert about_others("how long does it last", "faq/duration", context) == Request(
        (LAMI,), "duration_of_relief"
    )
    assert about_others("and what does that cost", "faq/cost", context).unanswered


def test_a_new_question_after_a_look_up_is_about_mild():
    context = Context((LAMI,), "invasiveness")
    assert about_others("am I a candidate", "faq/candidacy", context) is None
    assert about_others("how long does it last", "faq/duration", Context((MILD,))) is None


names = st.lists(st.sampled_from(TREATMENTS), unique=True)
contexts = st.builds(
    Context,
    st.lists(st.sampled_from(TREATMENTS), unique=True).map(tuple),
    st.sampled_from(ATTRIBUTES),
)


@given(
    text=st.text(max_size=200),
    treatments=names,
    attributes=st.lists(st.sampled_from(ATTRIBUTES), max_size=2),
    context=st.none() | contexts,
)
def test_whatever_is_asked_there_is_an_answer_whose_figures_the_table_holds(
    text, treatments, attributes, context
):
    reply = answer(ask(text, treatments, attributes, context))
    known = load()
    assert reply.text.strip()
    assert reply.treatments
    allowed = {
        figure
        for name in reply.treatments
        for source in (
            *TABLE[name].cells.values(),
            *(known.facts[fact].text for fact in TABLE[name].facts),
        )
        for figure in FIGURE.findall(source)
    }
    assert set(FIGURE.findall(reply.text)) <= allowed
    assert set(reply.facts) <= set(known.facts.by_id)


@given(
    attribute=st.sampled_from(ATTRIBUTES[:3]),
    treatments=st.lists(
        st.sampled_from([MILD, SHOTS, LAMI]), min_size=2, max_size=3, unique=True
    ).map(tuple),
)
def test_highest_and_lowest_never_name_the_same_treatment(attribute, treatments):
    firsts = {
        answer(Request(treatments, attribute, highest=highest)).text.split("\n")[0]
        for highest in (True, False)
    }
    assert len(firsts) == 2


def test_the_wording_tells_the_column_where_none_is_named():
    both = [Named("mild", 0), Named("laminectomy", 9)]
    request = resolve(
        "mild or laminectomy, whose good effect stays", both, [], None, "duration_of_relief"
    )
    assert request.attribute == "duration_of_relief"


def test_asked_for_a_comparison_the_wording_picks_no_column():
    both = [Named("mild", 8), Named("laminectomy", 17)]
    assert resolve("compare mild and laminectomy", both, [], None, "cost").attribute is None


def test_not_wanting_an_operation_asks_for_the_least_invasive():
    request = resolve("which of them is not surgery", [], [Named("invasiveness", 17)])
    assert request.highest is False
