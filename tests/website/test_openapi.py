"""The description of the API, against what a real server does."""

import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, settings

from lumbar.channel.refused import REFUSALS
from lumbar.channel.requests import MAX_TEXT
from lumbar.settings import ROOT

FILE = ROOT / "lumbar" / "channel" / "openapi.yml"

schema = schemathesis.openapi.from_path(FILE)


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_server_does_what_the_description_says(case, visitor):
    case.call_and_validate(
        base_url=visitor.address, headers={"Authorization": f"Bearer {visitor.token}"}
    )


def test_the_description_names_every_refusal_and_limit():
    described = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    refused = described["components"]["responses"]["Refused"]["content"]["application/json"]
    assert refused["schema"]["properties"]["code"]["enum"] == list(REFUSALS)
    body = described["paths"]["/api/messages"]["post"]["requestBody"]["content"]
    assert body["application/json"]["schema"]["properties"]["text"]["maxLength"] == MAX_TEXT


def test_the_server_hands_out_the_description(address):
    served = requests.get(f"{address}/api/openapi.yml", timeout=30)
    assert served.text == FILE.read_text(encoding="utf-8")
