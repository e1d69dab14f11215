from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.database.replica_store import Report
from bot.app.pace_shares import shares

REPORTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.builds(Report, replies=st.integers(0, 500), copies=st.integers(0, 5000)),
    min_size=1,
    max_size=30,
)


@given(REPORTS)
def test_all_places_are_shared_out_and_nobody_goes_without(reports: dict[str, Report]):
    goals = shares(30, reports)
    assert goals.keys() == reports.keys()
    assert sum(goals.values()) == 30
    assert min(goals.values()) >= 1


def test_while_nobody_asks_an_announcement_has_most_of_it():
    goals = shares(30, {"sender": Report(copies=900), "web1": Report(), "web2": Report(), "web3": Report()})
    assert goals == {"sender": 24, "web1": 2, "web2": 2, "web3": 2}


def test_replies_go_before_announcements_which_keep_a_tenth():
    goals = shares(30, {"sender": Report(copies=900), "web1": Report(replies=200), "web2": Report(replies=100)})
    assert goals == {"sender": 6, "web1": 15, "web2": 9}


def test_who_asks_for_little_gets_it_and_the_rest_goes_to_the_announcement():
    goals = shares(30, {"sender": Report(copies=900), "web1": Report(replies=5), "web2": Report()})
    assert goals == {"sender": 22, "web1": 5, "web2": 3}
