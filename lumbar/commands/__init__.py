"""The `lumbar` commands, one a file: the terminal's side of `lumbar.studio`.

What a command needs is imported when it runs: none waits for what another one needs.
"""
