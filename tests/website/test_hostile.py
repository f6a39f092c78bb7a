"""A client that sends nothing but bad requests, against a real server."""

from benchmarks import hostile
from lumbar.channel.refused import REFUSALS

NUMBER = 2000
MAY_GROW = 1.1


def test_bad_requests_are_refused_and_cost_nothing_while_patients_are_answered(server):
    address, process = server
    attacked = hostile.attack(address, process.pid, NUMBER)
    assert sum(attacked.statuses.values()) == NUMBER
    assert set(attacked.statuses) <= {status for status, _ in REFUSALS.values() if status < 500}
    assert len(attacked.waited) > 10
    assert attacked.after <= MAY_GROW * attacked.before
