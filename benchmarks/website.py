"""Measures the website: sizes, the time to an answer on screen, and a hostile client.

python -m benchmarks.website
"""

import gzip
import shutil
import statistics

from playwright.sync_api import Page, sync_playwright

from benchmarks import hostile
from lumbar.channel.pages import WIDGET, widget
from lumbar.evaluation import read_questions
from lumbar.serving import free_port, website
from lumbar.settings import ROOT

QUESTIONS = 200
TURNS = 5
"""Of each conversation; the first one warms the server up and is not counted."""
BAD_REQUESTS = 10_000

TIME_TO_TEXT = """text => new Promise(done => {
  const root = document.querySelector('lumbar-chat').shadowRoot;
  const log = root.querySelector('.log');
  const before = log.querySelectorAll('.bot').length;
  root.querySelector('textarea').value = text;
  const start = performance.now();
  new MutationObserver((_, observer) => {
    if (log.querySelectorAll('.bot').length === before) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(log, { childList: true });
  root.querySelector('form button').click();
})"""
"""From the click on Send to the frame that shows the answer, in milliseconds."""


def main() -> None:
    files = [file.read_bytes() for file in (WIDGET / "demo").iterdir()]
    sent = [len(gzip.compress(file)) for file in (widget(), *files)]
    print(f"widget, gzipped: {sent[0]:,} bytes; with the demo page: {sum(sent):,} bytes")
    limits = {"LUMBAR_SESSION_RATE": "1000000", "LUMBAR_ADDRESS_RATE": "1000000"}
    with website(free_port(), **limits) as (address, process):
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            took = sorted(_time(chromium.new_page(), address))
            chromium.close()
        print(
            f"click to text: median {statistics.median(took):.0f} ms, "
            f"p95 {took[int(0.95 * len(took))]:.0f} ms of {len(took)} questions"
        )
        attacked = hostile.attack(address, process.pid, BAD_REQUESTS)
        print(
            f"{BAD_REQUESTS:,} bad requests: {dict(sorted(attacked.statuses.items()))}; "
            f"memory {attacked.before:.0f} -> {attacked.after:.0f} MB; "
            f"the slowest of {len(attacked.waited)} questions meanwhile "
            f"{max(attacked.waited):.2f} s"
        )


def _time(page: Page, address: str) -> list[float]:
    texts = [text for text, _ in read_questions(ROOT / "tests" / "nlu" / "questions.tsv")]
    page.goto(address)
    page.locator("lumbar-chat .launch").click()
    times = []
    for number, text in enumerate(texts[:: len(texts) // QUESTIONS][: QUESTIONS + TURNS]):
        if number % TURNS == 0:
            page.evaluate("document.querySelector('lumbar-chat').restart()")
            page.locator("lumbar-chat .next").wait_for()
        times.append(page.evaluate(TIME_TO_TEXT, text))
    return times[TURNS:]


if __name__ == "__main__":
    main()
