"""The numpy kernel of histories against a definition that counts row by row: windows, ties, bounds and outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.features.bulk import History, parts, statistics
from detection.features.confirmed_rows import ConfirmedRows
from detection.features.definition import (
    DAY_MICROSECONDS,
    HORIZON,
    LABEL_DELAY_DAYS,
    LOW_BITS,
    MAX_AMOUNT,
    MAX_SUM,
    MAX_WINDOW,
    RISK_WINDOWS,
    STATISTICS,
    WINDOWS,
)

DAY = DAY_MICROSECONDS
LOW = (1 << LOW_BITS) - 1
Row = dict[str, int]


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def row(number: int, day: float = 0.0, amount: int = 100, **fields: int) -> Row:
    return {
        "id": number, "time": int(day * DAY), "amount": amount, "is_round": 0, "account": 1, "counterparty": 2,
        "pair": 3, "country": 4, **fields,
    }  # fmt: skip


def outcome(occurred: float, known: float, **fields: int) -> Row:
    return {
        "account": 1, "counterparty": 2, "occurred": int(occurred * DAY), "known_at": int(known * DAY), "after": 0,
        "weight": 1, **fields,
    }  # fmt: skip


def computed(rows: list[Row], outcomes: list[Row], bounds: list[int] | None = None, told: bool = True) -> list[Row]:
    history = History(**{name: ints([each[name] for each in rows]) for name in row(0)})
    columns = {name: ints([each[name] for each in outcomes]) for name in outcome(0, 0)}
    if not told:
        columns = {name: columns[name] for name in ("account", "counterparty", "occurred", "known_at")}
    values = statistics(
        history, ConfirmedRows(*columns.values()), np.arange(len(rows)), None if bounds is None else ints(bounds)
    )
    assert tuple(values) == STATISTICS
    return [{name: int(values[name][index]) for name in STATISTICS} for index in range(len(rows))]


def defined(rows: list[Row], outcomes: list[Row], bounds: list[int] | None = None) -> list[Row]:
    """The same by the book: for each row, every row before it is looked at."""
    return [_defined(each, rows, outcomes, None if bounds is None else bounds[i]) for i, each in enumerate(rows)]


def _defined(now: Row, rows: list[Row], outcomes: list[Row], bound: int | None) -> Row:
    before = [
        each for each in rows
        if (each["time"], each["id"]) < (now["time"], now["id"]) and (bound is None or each["id"] < bound)
    ]  # fmt: skip

    def within(key: str, days: int, until: int = 0) -> list[Row]:
        if now[key] < 0:
            return []
        since, end = now["time"] - days * DAY, now["time"] - until * DAY
        return [
            each for each in before
            if each[key] == now[key] and since < each["time"] and (not until or each["time"] <= end)
        ]  # fmt: skip

    def frauds(key: str, days: int) -> int:
        if now[key] < 0:
            return 0
        return sum(
            each["weight"] for each in outcomes
            if each[key] == now[key] and (bound is None or each["after"] < bound)
            and now["time"] - days * DAY < each["known_at"] <= now["time"]
            and now["time"] - HORIZON * DAY < each["occurred"] < now["time"]
        )  # fmt: skip

    values: Row = {}
    for name, squared in (("account", (7, 30)), ("counterparty", (30,))):
        for days in WINDOWS:
            values[f"{name}_count_{days}"] = len(within(name, days))
            values[f"{name}_sum_{days}"] = min(sum(each["amount"] for each in within(name, days)), MAX_SUM)
        for days in squared:
            cut = [min(each["amount"], MAX_AMOUNT) for each in within(name, days)]
            values[f"{name}_hh_{days}"] = min(sum((a >> LOW_BITS) ** 2 for a in cut), MAX_SUM)
            values[f"{name}_hl_{days}"] = min(sum((a >> LOW_BITS) * (a & LOW) for a in cut), MAX_SUM)
            values[f"{name}_ll_{days}"] = min(sum((a & LOW) ** 2 for a in cut), MAX_SUM)
        recent = within(name, MAX_WINDOW)
        values[f"{name}_since"] = now["time"] - max(each["time"] for each in recent) if recent else -1
    values["account_round_30"] = sum(each["is_round"] for each in within("account", MAX_WINDOW))
    for name in ("pair", "country"):
        values[f"{name}_count_30"] = len(within(name, MAX_WINDOW))
    for days in (7, 30):
        values[f"account_frauds_{days}"] = frauds("account", days)
    for days in RISK_WINDOWS:
        values[f"counterparty_mature_{days}"] = len(within("counterparty", LABEL_DELAY_DAYS + days, LABEL_DELAY_DAYS))
        values[f"counterparty_frauds_{days}"] = frauds("counterparty", days)
    return values


# Quarters of days, so that many moments fall on each other and on the ends of windows.
QUARTERS = st.integers(0, 4 * 45).map(lambda quarter: quarter * DAY // 4)
ENTITY = st.integers(-1, 2)
AMOUNTS = st.sampled_from([0, 1, 99, LOW, LOW + 1, 1 << 40, MAX_AMOUNT, MAX_AMOUNT + 1, 1 << 61])


def whole_row(fields: Row) -> Row:
    """Pairs and countries are those of an account: who has the same account and counterparty has the same pair."""
    account, counterparty = fields["account"], fields["counterparty"]
    pair = -1 if counterparty < 0 else account * 10 + counterparty
    return fields | {"pair": pair, "country": account * 10 + fields["country"]}


ROWS = st.lists(
    st.fixed_dictionaries({
        "time": QUARTERS, "amount": AMOUNTS, "is_round": st.integers(0, 1), "account": st.integers(0, 2),
        "counterparty": ENTITY, "country": st.integers(0, 1),
    }).map(whole_row),
    min_size=1, max_size=25,
)  # fmt: skip
OUTCOMES = st.lists(
    st.fixed_dictionaries({
        "account": ENTITY, "counterparty": ENTITY, "occurred": QUARTERS, "known_at": QUARTERS,
        "after": st.integers(0, 30), "weight": st.sampled_from([1, 1, -1]),
    }),
    max_size=10,
)  # fmt: skip


@settings(max_examples=80)
@given(rows=ROWS, outcomes=OUTCOMES, order=st.randoms(use_true_random=False))
def test_the_kernel_agrees_with_its_definition(rows: list[Row], outcomes: list[Row], order: object) -> None:
    numbered = [{"id": number, **each} for number, each in enumerate(rows)]
    order.shuffle(numbered)  # type: ignore[attr-defined]
    assert computed(numbered, outcomes) == defined(numbered, outcomes)


@settings(max_examples=80)
@given(rows=ROWS, outcomes=OUTCOMES, ahead=st.lists(st.integers(0, 25), min_size=25, max_size=25))
def test_the_kernel_agrees_with_its_definition_under_bounds(
    rows: list[Row], outcomes: list[Row], ahead: list[int]
) -> None:
    """A row's bound is never below its own number: what was there when it came in is looked at again."""
    numbered = [{"id": number, **each} for number, each in enumerate(rows)]
    bounds = [number + more for number, more in zip(range(len(rows)), ahead, strict=False)]
    assert computed(numbered, outcomes, bounds) == defined(numbered, outcomes, bounds)


@pytest.mark.parametrize("days", WINDOWS)
@pytest.mark.parametrize("entity", ["account", "counterparty"])
def test_a_row_leaves_its_window_at_the_moment_it_ends(days: int, entity: str) -> None:
    rows = [row(1, 0, 700), row(2, days, 1), row(3, days - 1e-6, 2)]
    values = computed(rows, [])
    assert values[1][f"{entity}_count_{days}"] == 1  # the third alone
    assert values[2][f"{entity}_sum_{days}"] == 700


def test_a_row_of_the_same_moment_counts_if_its_number_is_less() -> None:
    values = computed([row(2, 1, 5), row(1, 1, 7), row(3, 1, 9)], [])
    assert [each["account_sum_1"] for each in values] == [7, 0, 12]
    assert [each["account_since"] for each in values] == [0, -1, 0]


def test_the_time_since_the_last_row_ends_with_the_longest_window() -> None:
    near, far = computed([row(1, 0), row(2, 29.75)], []), computed([row(1, 0), row(2, 30)], [])
    assert (near[1]["account_since"], far[1]["account_since"]) == (int(29.75 * DAY), -1)


@pytest.mark.parametrize("days", RISK_WINDOWS)
def test_a_transaction_matures_after_a_week_and_for_the_days_of_its_window(days: int) -> None:
    for age, counts in ((6.75, 0), (7, 1), (days + 6.75, 1), (days + 7, 0)):
        values = computed([row(1, 0), row(2, age)], [])
        assert values[1][f"counterparty_mature_{days}"] == counts, age


@pytest.mark.parametrize("days", RISK_WINDOWS)
def test_an_outcome_counts_from_when_it_is_known_for_the_days_of_its_window(days: int) -> None:
    for now, counts in ((4.75, 0), (5, 1), (5 + days - 0.25, 1), (5 + days, 0)):
        values = computed([row(1, now)], [outcome(1, 5)])
        assert values[0][f"counterparty_frauds_{days}"] == counts, now


@pytest.mark.parametrize(("now", "counts"), [(36.75, 1), (37, 0)])
def test_an_outcome_of_a_transaction_beyond_the_horizon_counts_no_more(now: float, counts: int) -> None:
    assert computed([row(1, now)], [outcome(0, 20)])[0]["account_frauds_30"] == counts
    assert HORIZON == 37


def test_an_outcome_of_the_very_transaction_does_not_count_for_it() -> None:
    assert computed([row(1, 5)], [outcome(5, 5)])[0]["account_frauds_7"] == 0
    assert computed([row(1, 5)], [outcome(4.75, 5)])[0]["account_frauds_7"] == 1


def test_an_outcome_that_was_taken_back_cancels_the_one_before() -> None:
    outcomes = [outcome(1, 2), outcome(1, 2, after=5, weight=-1)]
    assert [each["account_frauds_7"] for each in computed([row(9, 3), row(10, 3)], outcomes, [5, 6])] == [1, 0]


def test_an_outcome_of_nobody_counts_for_nobody() -> None:
    values = computed([row(1, 3, account=-1, counterparty=-1)], [outcome(1, 2, account=-1, counterparty=-1)])
    assert values[0]["account_frauds_7"] == values[0]["counterparty_frauds_7"] == 0


def test_outcomes_without_weights_count_once_each() -> None:
    assert computed([row(1, 3)], [outcome(1, 2), outcome(1, 2)], told=False)[0]["account_frauds_7"] == 2


def test_a_row_without_an_entity_has_no_history() -> None:
    rows = [row(number, number / 4, account=-1, counterparty=-1, pair=-1, country=-1) for number in range(3)]
    assert all(
        value == (-1 if name.endswith("since") else 0) for each in computed(rows, []) for name, value in each.items()
    )


def test_entities_of_any_number_are_told_apart() -> None:
    rows = [row(1, 0, account=1 << 40), row(2, 0.25, account=(1 << 40) + 1), row(3, 0.5, account=1 << 40)]
    assert [each["account_count_1"] for each in computed(rows, [])] == [0, 0, 1]


def test_a_sum_says_no_more_than_its_limit() -> None:
    rows = [row(number, number / 100, 1 << 61) for number in range(5)]
    assert [each["account_sum_1"] for each in computed(rows, [])] == [0, 1 << 61, MAX_SUM, MAX_SUM, MAX_SUM]
    assert MAX_SUM == 1 << 62


@pytest.mark.parametrize("amount", [0, 1, LOW, LOW + 1, (1 << 40) + 12345, MAX_AMOUNT])
def test_the_parts_of_a_square_add_up_to_it(amount: int) -> None:
    hh, hl, ll = (int(part[0]) for part in parts(ints([amount])))
    assert (hh << 2 * LOW_BITS) + (hl << LOW_BITS + 1) + ll == amount * amount


def test_an_amount_beyond_the_limit_is_squared_as_the_limit() -> None:
    assert [int(part[0]) for part in parts(ints([MAX_AMOUNT + 1]))] == [
        int(part[0]) for part in parts(ints([MAX_AMOUNT]))
    ]


def test_statistics_of_chosen_rows_are_those_of_all() -> None:
    rows = [row(number, number / 3, number * 7 + 1) for number in range(12)]
    history = History(**{name: ints([each[name] for each in rows]) for name in row(0)})
    nothing = ConfirmedRows(*(ints([]) for _ in range(4)))
    every = statistics(history, nothing, np.arange(12))
    some = statistics(history, nothing, ints([7, 2]))
    for name in STATISTICS:
        assert some[name].tolist() == every[name][[7, 2]].tolist()


def test_no_rows_have_no_statistics() -> None:
    history = History(*(ints([]) for _ in range(8)))
    values = statistics(history, ConfirmedRows(*(ints([]) for _ in range(4))), ints([]))
    assert {len(value) for value in values.values()} == {0}


@pytest.mark.parametrize("is_bounded", [False, True])
def test_pairs_that_few_rows_have_are_counted_among_many_others(is_bounded):
    rows = [row(number * 7 % 200, number / 10, pair=number % 9) for number in range(200)]
    targets = np.array([199, 150, 31])
    history = History(**{name: ints([each[name] for each in rows]) for name in row(0)})
    bounds = [each["id"] for each in rows] if is_bounded else None
    values = statistics(
        history, ConfirmedRows(*[ints([])] * 4), targets, None if bounds is None else ints(bounds)[targets]
    )
    expected = defined(rows, [], bounds)
    assert values["pair_count_30"].tolist() == [expected[index]["pair_count_30"] for index in targets]
