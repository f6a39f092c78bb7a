"""`make benchmark`: train both, run both, measure both, write docs/benchmarks.md."""

import shutil
from collections.abc import Sequence

from rich.console import Console

from benchmarks import accuracy, contenders, document, hint3, running
from lumbar import evaluation
from lumbar.examples import read_examples
from lumbar.settings import ROOT, settings

EACH = 5
"""Examples of every label in the sample: stock Rasa trains on them for some minutes."""

Questions = Sequence[tuple[str, list[str]]]


def main() -> None:
    console = Console()
    folder = settings.build / "benchmark"
    examples = read_examples()
    sample = contenders.sample(examples, EACH)
    questions = [
        question
        for path in sorted((ROOT / "tests" / "nlu").glob("*.tsv"))
        for question in evaluation.read_questions(path)
    ]
    texts = [text for text, _ in questions]
    with console.status("training stock Rasa"):
        stock = contenders.train("stock Rasa", folder / "stock", sample, stock=True)
    console.print(f"stock Rasa trained in {stock.seconds:.0f} s")
    with console.status("training Lumbar"):
        ours = contenders.train("Lumbar", folder / "lumbar", sample, stock=False)
    console.print(f"Lumbar trained in {ours.seconds:.0f} s")
    results = []
    for contender in (stock, ours, contenders.shipped("Lumbar as shipped")):
        with console.status(f"measuring {contender.name}"):
            results.append((contender, running.measure(contender, texts)))
        console.print(f"{contender.name}: {results[-1][1].one}")
    (_, of_stock), (_, of_ours), (shipped, of_shipped) = results
    with console.status("accuracy and HINT3"):
        shares = (
            _share_right(of_stock, questions),
            _share_of_model(sample, questions),
            _share_of_model(examples, questions),
        )
        there = hint3.FOLDER.is_dir()
        public = {name: hint3.accuracy(name) for name in hint3.SETS} if there else {}
    path = document.write(
        (stock, of_stock, shares[0]),
        (ours, of_ours, shares[1]),
        (shipped, of_shipped, shares[2]),
        (len(sample), len(examples)),
        len(questions),
        public,
    )
    shutil.rmtree(folder)
    console.print(path.read_text(encoding="utf-8"), markup=False)


def _share_right(measured: running.Measured, questions: Questions) -> float:
    placed = [accuracy.label_and_confidence(parse) for parse in measured.parsed]
    labels, confidences = zip(*placed, strict=True)
    return accuracy.right_at_same_refusal([right for _, right in questions], labels, confidences)


def _share_of_model(examples: Sequence[tuple[str, str]], questions: Questions) -> float:
    decisions = evaluation.measure(evaluation.fit(examples), "", questions).decisions
    return accuracy.right_at_same_refusal(
        [right for _, right in questions],
        [decision.label for decision in decisions],
        [1.0 if one.red_flags or one.language else one.chance for one in decisions],
    )


if __name__ == "__main__":
    main()
