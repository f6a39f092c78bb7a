"""What the channel does not do, and how it says so."""

from lumbar import content

REFUSALS: dict[str, tuple[int, str]] = {
    "unreadable": (400, "The request could not be read."),
    "not_an_object": (400, "The body must be a JSON object with the fields that are documented."),
    "wrong_fields": (400, "The body must have the documented fields, each a string."),
    "no_session": (401, "This conversation has ended. Please begin a new one."),
    "foreign_origin": (403, "This website may not talk to the assistant."),
    "not_found": (404, "There is nothing at this address."),
    "no_such_button": (404, "This button was not offered in this conversation."),
    "no_such_answer": (404, "This answer was not given in this conversation."),
    "wrong_method": (405, "This address does not take that method."),
    "too_slow": (408, "The request took too long to arrive."),
    "busy": (409, "I am still answering. Please wait a moment."),
    "body_too_large": (413, "The body may have 16 kB at most."),
    "not_json": (415, "The body must be sent as application/json."),
    "empty": (422, "Please type a question."),
    "too_long": (422, "Please ask in at most 1,000 characters."),
    "session_rate": (429, "That was a lot of messages. Please wait a moment."),
    "address_rate": (429, "Too many messages are coming in from where you are. Please wait."),
    "failed": (500, "I am sorry, something went wrong."),
    "no_answer": (502, "I am sorry, I found no words."),
    "not_ready": (503, "I am sorry, the assistant is not there just now."),
    "timed_out": (504, "I am sorry, the answer took too long."),
}
"""HTTP status and sentence of each code."""

BY_STATUS = {
    REFUSALS[code][0]: code
    for code in ("unreadable", "not_found", "wrong_method", "too_slow", "body_too_large")
}
"""The codes of what Sanic refuses by itself."""


class Refused(Exception):
    """A request that is not answered as asked; `code` is one of `REFUSALS`.

    `retry_after` is in seconds, where waiting helps.
    """

    def __init__(self, code: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        return REFUSALS[self.code][0]

    @property
    def body(self) -> dict[str, str]:
        """The code and a sentence; where the fault is ours, with the way to a person."""
        sentence = REFUSALS[self.code][1]
        if self.status >= 500:
            clinic = content.load().clinic
            contact = clinic.contact[0].upper() + clinic.contact[1:]
            sentence += f" {contact}. In an emergency, call {clinic.emergency_number}."
        return {"code": self.code, "message": sentence}
