"""What the spaCy pipeline makes of a message."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from scipy.special import erf, softmax

from lumbar.language import encoder_graph, pipeline
from lumbar.language.encoder import WIDTH
from lumbar.language.encoder_graph import WeightsError, weights_folder
from lumbar.language.language_id import language_scores


def found(nlp, text, label="treatment"):
    return [ent.kb_id_ for ent in nlp(text).ents if ent.label_ == label]


def bert(weights, ids):
    """all-MiniLM-L6-v2 spelt out in numpy, as an independent reference."""

    def normalised(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = (
        weights["embeddings.word_embeddings.weight"][ids]
        + weights["embeddings.position_embeddings.weight"][: len(ids)]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = normalised(x, "embeddings.LayerNorm")
    for index in range(6):
        layer = f"encoder.layer.{index}"
        heads = []
        query, key, value = (
            linear(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value")
        )
        for head in range(12):
            part = slice(head * 32, head * 32 + 32)
            weight = softmax(query[:, part] @ key[:, part].T / np.sqrt(32), axis=-1)
            heads.append(weight @ value[:, part])
        attended = linear(np.hstack(heads), f"{layer}.attention.output.dense")
        x = normalised(x + attended, f"{layer}.attention.output.LayerNorm")
        inner = linear(x, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / np.sqrt(2)))
        x = normalised(x + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_the_quantised_encoder_agrees_with_the_model_spelt_out(nlp):
    sentence_encoder = pipeline.encoder()
    weights = load_file(weights_folder() / "model.safetensors")
    for text in ("how long does it last", "My husband is 81, is he too old for the procedure?"):
        ids = np.array(sentence_encoder.tokenizer.encode(text).ids)
        assert bert(weights, ids) @ sentence_encoder([text])[0] > 0.98


def test_a_text_has_the_same_vector_alone_and_among_longer_ones(nlp):
    texts = ["is it safe", "a much longer question about the walk with the dog " * 5] * 20
    together = pipeline.encoder()(texts)
    assert together.shape == (40, WIDTH)
    assert together[0] @ pipeline.encoder()(texts[:1])[0] > 0.98


def test_no_text_gives_no_vector():
    assert pipeline.encoder()([]).shape == (0, WIDTH)


def test_altered_weights_are_refused(monkeypatch):
    monkeypatch.setattr(encoder_graph, "PACKAGE_SHA256", "0" * 64)
    with pytest.raises(WeightsError, match="Reinstall the package"):
        weights_folder()


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"no model\.safetensors there"):
        weights_folder(tmp_path)


@pytest.mark.parametrize(
    ("text", "treatment"),
    [
        ("how long does an epidurel last", "epidural_steroid_injection"),
        ("is a laminectamy worse", "laminectomy"),
        ("steriod in my back", "epidural_steroid_injection"),
        ("had a jab last year", "epidural_steroid_injection"),
        ("do injectons hurt", "epidural_steroid_injection"),
        ("an ESI", "epidural_steroid_injection"),
        ("cortisone", "epidural_steroid_injection"),
        ("what about a lami", "laminectomy"),
        ("the big operation", "laminectomy"),
        ("open back surgery", "laminectomy"),
        ("PT", "physical_therapy"),
        ("my physio says", "physical_therapy"),
        ("painkillers", "pain_medication"),
        ("the mild thing", "mild"),
        ("what is M.I.L.D.", "mild"),
        ("MILD", "mild"),
    ],
)
def test_a_treatment_is_known_by_what_patients_call_it(nlp, text, treatment):
    assert found(nlp, text) == [treatment]


@pytest.mark.parametrize(
    "text",
    [
        "I have mild pain",
        "my stenosis is mild to moderate",
        "a mild headache",
        "is there an infection",
        "my physician told me",
        "does medicare pay",
        "a lesion on the spine",
    ],
)
def test_words_that_look_like_a_treatment_are_none(nlp, text):
    assert found(nlp, text) == []


def test_surgery_alone_is_a_generic_name(nlp):
    doc = nlp("is mild a surgery")
    assert [span.kb_id_ for span in doc.spans["generic"]] == ["laminectomy"]
    assert found(nlp, "is mild a surgery") == ["mild"]


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("and healing time?", "recovery_time"),
        ("how long am I laid up", "recovery_time"),
        ("does it wear off", "duration_of_relief"),
        ("which is least invasive", "invasiveness"),
        ("pros and cons", "key_advantages"),
    ],
)
def test_an_attribute_is_known_by_what_patients_call_it(nlp, text, attribute):
    assert found(nlp, text, "attribute")[:1] == [attribute]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("¿Cuánto dura el alivio después del procedimiento?", "es"),
        ("Combien de temps dure le soulagement ?", "fr"),
        ("Thủ thuật này kéo dài bao lâu?", "vi"),
        ("这个手术需要多长时间", "zh"),
        ("how long does the relief last", "en"),
    ],
)
def test_the_language_is_told(text, code):
    assert next(iter(language_scores(text))) == code


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=2000))
def test_any_text_can_be_read(text):
    doc = pipeline.load()(text)
    assert doc.vector.shape == (WIDTH,)
    assert np.isfinite(doc.vector).all()


def test_the_end_of_a_huge_text_is_left_unread():
    huge = "pain " * 20_000
    assert np.allclose(pipeline.encoder()([huge]), pipeline.encoder()([huge[:4000]]), atol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "my leg is numb since today and " * 3_300,
        "can't pee. " * 9_000,
        "\n" * 100_000,
    ],
    ids=["one word", "one sentence", "many sentences", "line breaks"],
)
def test_of_a_huge_text_the_beginning_is_read(nlp, text):
    doc = nlp(text)
    assert doc.text == text[: pipeline.MAX_CHARACTERS]
