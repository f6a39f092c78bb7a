"""Sentence encoder: all-MiniLM-L6-v2 as an int8 ONNX graph, run on the CPU."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

WIDTH = 384
MAX_CHARACTERS = 4000
"""Read of one text at most, so that time and memory stay bounded."""

BATCH = 16
BATCH_CHARACTERS = 4000
"""What a batch of long texts holds: its memory is kept."""


class SentenceEncoder:
    """Turns texts into unit vectors of `WIDTH` float32 numbers."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        graph = (folder / "encoder.onnx").read_bytes()
        self.digest = hashlib.sha256(graph).hexdigest()[:16]
        self.session = onnxruntime.InferenceSession(graph, options)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of `texts`, shape (len(texts), WIDTH).

        Texts of like length share a batch, so that little of it is padding.
        """
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        batches: list[list[int]] = []
        for index in sorted(range(len(texts)), key=lambda one: -len(texts[one])):
            batch = batches[-1] if batches else []
            longest = len(texts[batch[0]]) if batch else 0
            if not batch or len(batch) == BATCH or (len(batch) + 1) * longest > BATCH_CHARACTERS:
                batches.append(batch := [])
            batch.append(index)

        def encode(batch: list[int]) -> None:
            # `encode_batch` would wake threads, for a hundredth of the work.
            encodings = [self.tokenizer.encode(texts[one][:MAX_CHARACTERS]) for one in batch]
            ids = np.zeros((len(batch), max(len(one.ids) for one in encodings)), np.int64)
            mask = np.zeros_like(ids)
            for row, encoding in enumerate(encodings):
                ids[row, : len(encoding.ids)] = encoding.ids
                mask[row, : len(encoding.ids)] = 1
            vectors[batch] = self.session.run(None, {"ids": ids, "mask": mask})[0]

        if len(batches) == 1:
            encode(batches[0])
        elif batches:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(encode, batches))
        return vectors
