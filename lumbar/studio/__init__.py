"""What the editors' commands do: plain functions, with the terminal left to `lumbar.commands`."""
