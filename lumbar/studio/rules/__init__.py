"""What the files that people edit have to keep to, one subject a file.

Each has a function `check(project)` that yields a `Finding` for everything that breaks a rule.
"""
