"""Lumbar side by side with stock Rasa, and on public test sets."""
