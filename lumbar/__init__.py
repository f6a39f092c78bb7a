"""Lumbar: a spine clinic's assistant that answers from one article."""
