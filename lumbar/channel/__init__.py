"""The website's side of Rasa: how conversations arrive and are kept."""
