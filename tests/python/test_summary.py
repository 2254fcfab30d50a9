"""The page of text that closes a build."""

from __future__ import annotations

import duckdb
import pytest

from precision_marketing.summary import (
    PAGE_WIDTH,
    NoTablesError,
    display_width,
    shortened,
    summarise,
)

# What a small shop's build leaves, as far as the page reads it.
TABLES = {
    "build_info": """
        select
            date '2024-07-01' as as_of_date, 'GBP' as currency, 'en' as language,
            '1.2.3' as project_version
    """,
    "customers": """
        select * from (values ('a', 2), ('b', 1), ('c', 1), ('d', 0))
            as customers (customer_id, kept_order_count)
    """,
    "orders": """
        select * from (values
            ('1', 'a', false, 1000.50, timestamp '2024-01-05', null),
            ('2', 'a', false, 500.25, timestamp '2024-02-05', null),
            ('3', null, false, 499.25, timestamp '2024-06-30', null),
            ('4', 'b', true, -9.00, timestamp '2024-03-01', null),
            ('5', 'd', false, 9.00, timestamp '2024-03-01', timestamp '2024-03-02')
        ) as orders (
            order_id, customer_id, is_return, net_revenue, ordered_at, fully_returned_at
        )
    """,
    "cleaning_summary": """
        select * from (values
            ('order_lines', 'all_rows', 'read', 1200),
            ('order_lines', 'accepted_rows', 'accept', 1100),
            ('order_lines', 'service_code', 'reject', 70),
            ('order_lines', 'exact_duplicate', 'reject', 30),
            ('order_lines', 'write_off', 'reject', 0),
            ('order_lines', 'outlier', 'flag', 999),
            ('customers', 'all_rows', 'read', 4)
        ) as rules (input, rule, action, row_count)
    """,
    "rfm_segments": """
        select * from (values
            ('champions', 'Champions', 1, 1500.75, 1.0),
            ('lost', 'Lost', 2, 0.00, 0.0),
            ('new', 'New', 0, 0.00, 0.0)
        ) as segments (
            rfm_segment, rfm_segment_label, customer_count, revenue, share_of_revenue
        )
    """,
    "segment_profiles": """
        select segment_id, segment_name, customer_count, net_revenue, feature
        from (values (1, 'Regulars', 1, 1500.00), (2, 'Passers-by', 2, 500.00))
            as segments (segment_id, segment_name, customer_count, net_revenue),
            (values ('recency_days'), ('order_count')) as features (feature)
    """,
    "association_rules": """
        select
            case
                when len(antecedent_items) > 1 or antecedent_items[1] like '[%'
                    then to_json(antecedent_items)::varchar
                else antecedent_items[1]
            end as antecedent_key,
            len(antecedent_items) as antecedent_item_count,
            *
        from (values
            (['t'], 'c', 'Tea', 'Cup', 4.0, 0.50, 20, 0.001),
            (['c'], 't', 'Cup', 'Tea', 4.0, 0.80, 20, 0.001),
            (['[w]'], 'h', 'Warm', 'Hat', 3.0, 0.40, 20, 0.001),
            (['h'], '[w]', 'Hat', 'Warm', 3.0, 0.30, 20, 0.001),
            (['s', 't'], 'c', 'Set + Tea', 'Cup', 9.0, 0.90, 20, 0.001),
            (['x'], 'y', 'Once', 'Only', 99.0, 1.00, 2, 0.001),
            (['p'], 'q', 'Chance', 'Luck', 50.0, 0.90, 40, 0.500)
        ) as rules (
            antecedent_items, consequent_item, antecedent_name, consequent_name, lift,
            confidence, basket_count, q_value
        )
    """,
    "customer_scores": """
        select
            'purchase' as target, 'v1' as model_version, 'ok' as status,
            30 as horizon_days
        from range(4)
    """,
    "model_evaluation": """
        select 'purchase' as target, date '2024-06-01' as evaluation_date, *
        from (values
            ('v1', 'auc', 0.8, 0.75, 0.85, 0.7, 'A'),
            ('v1', 'average_precision_gain', 0.25, 0.2, 0.3, null, 'A'),
            ('old', 'auc', 0.1, 0.1, 0.1, 0.1, 'C')
        ) as metrics (
            final_model_version, metric, value, lower, upper, baseline_value, grade
        )
    """,
    "data_readiness": """
        select * from (values
            ('rfm', 'customers', 'warn', 'Use absolute thresholds'),
            ('scores', 'history_days', 'ok', 'Load more')
        ) as readiness (capability, requirement, status, advice)
    """,
}

PAGE = """\
precision_marketing 1.2.3, as of 2024-07-01
Tables  10 public ones, named pm__..., in :memory:

Customers           4  75.0 % with a kept order
Orders kept         3  2024-01-05 to 2024-06-30
Net revenue  2,000.00  GBP, 25.0 % from buyers unknown
Order lines     1,200  1,100 accepted (91.7 %), 100 rejected
                       service_code 70, exact_duplicate 30

RFM segments, revenue of their window          customers       revenue  share of revenue
  Champions                                            1         1,501           100.0 %
  Lost                                                 2             0             0.0 %

Customer segments                              customers       revenue  share of revenue
  Regulars                                             1         1,500            75.0 %
  Passers-by                                           2           500            25.0 %

Best rules: who buys ... also buys ...                        lift  confidence   baskets
  Cup -> Tea                                                   4.0      80.0 %        20
  Warm -> Hat                                                  3.0      40.0 %        20

Model grade
  buys within 30 days: grade A, clearly better than the baseline
    AUC 0.800 (0.750 to 0.850), baseline 0.700; average precision +25.0 % over it

Before you rely on it
  warn  rfm  Use absolute thresholds"""


def shop(**changes: str | None) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory; a change replaces a table's query, None leaves it out."""
    connection = duckdb.connect()
    for name, query in {**TABLES, **changes}.items():
        if query is not None:
            connection.execute(f"create table pm__{name} as {query}")
    return connection


def emptied(name: str) -> str:
    return f"select * from ({TABLES[name]}) where false"


def test_the_page_of_a_small_shop():
    assert summarise(shop()) == PAGE


def test_tables_of_another_schema_are_found():
    connection = shop()
    connection.execute("create schema marts")
    for name in TABLES:
        connection.execute(f"create table marts.pm__{name} as from pm__{name}")
        connection.execute(f"drop table pm__{name}")
    connection.execute("create table other as select 1 as one")

    assert summarise(connection) == PAGE


def test_the_language_is_that_of_the_build_unless_given():
    chinese = TABLES["build_info"].replace("'en'", "'zh'")

    assert summarise(shop(build_info=chinese), language="en") == PAGE
    page = summarise(shop(build_info=chinese))
    assert page == summarise(shop(), language="zh")
    assert "客户" in page
    assert "评级 A" in page


def test_chinese_columns_line_up_on_a_terminal():
    chinese = TABLES["rfm_segments"].replace("Champions", "冠军客户")
    lines = summarise(shop(rfm_segments=chinese), language="zh").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("RFM"))

    assert {display_width(line) for line in lines[start : start + 3]} == {PAGE_WIDTH}


def test_no_heading_is_cut_in_either_language():
    for language in ("en", "zh"):
        page = summarise(shop(), language=language)
        heads = [line for line in page.splitlines() if line and line[0] != " "]
        assert [line for line in heads if line.endswith("...")] == []


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language: expected en or zh, got 'fr'"):
        summarise(shop(), language="fr")


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_leaves_the_rest_of_the_page(name):
    page = summarise(shop(**{name: None}))

    assert "precision_marketing" in page
    assert len(page.splitlines()) > 15
    if name not in ("customers", "cleaning_summary", "model_evaluation"):
        assert f"pm__{name} is missing" in page


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_leaves_the_rest_of_the_page(name):
    page = summarise(shop(**{name: emptied(name)}))

    assert len(page.splitlines()) > 15
    if name in ("rfm_segments", "segment_profiles", "association_rules"):
        assert f"pm__{name} is empty, the capability is off or lacks data" in page


def test_a_shop_without_orders_has_a_page():
    page = summarise(shop(**{name: emptied(name) for name in TABLES}))

    assert "Orders" in page


def test_nothing_is_said_of_unknown_buyers_where_all_are_known():
    known = TABLES["orders"].replace("('3', null", "('3', 'c'")

    page = summarise(shop(orders=known))
    assert "2,000.00  GBP\n" in page


def test_a_database_without_our_tables_is_an_error():
    with pytest.raises(NoTablesError, match="no table is named pm__"):
        summarise(duckdb.connect())


def test_a_rule_that_chance_may_explain_is_not_shown():
    weak = TABLES["association_rules"].replace("0.001", "0.5")

    assert "none that chance does not explain" in summarise(
        shop(association_rules=weak)
    )


def test_too_little_data_is_said_in_place_of_a_grade():
    poor = TABLES["customer_scores"].replace("'ok'", "'insufficient_data'")

    page = summarise(shop(customer_scores=poor, model_evaluation=None))
    assert "not enough data: everyone gets the base rate" in page


def test_a_model_without_a_held_back_day_is_not_judged():
    page = summarise(shop(model_evaluation=emptied("model_evaluation")))

    assert "not judged: no held-back day" in page


def test_the_longest_page_has_forty_lines_of_eighty_eight_columns():
    name = (
        "A name that goes on and on until no column can hold it any more, and then some"
    )
    many = f"from (select '{name}' || i as name, i from range(1000, 1020) as r (i))"
    page = summarise(
        shop(
            rfm_segments=f"""
                select i as rfm_segment, name as rfm_segment_label, 1e10 as revenue,
                1234567 as customer_count, 0.5 as share_of_revenue {many}
            """,
            segment_profiles=f"""
                select i as segment_id, name as segment_name, 1234567 as customer_count,
                1e10 as net_revenue {many}
            """,
            association_rules=f"""
                select name as antecedent_key, [name] as antecedent_items,
                i || name as consequent_item,
                name as antecedent_name, name as consequent_name, 12345.6 as lift,
                1.0 as confidence, 1234567 as basket_count, 0.0 as q_value,
                1 as antecedent_item_count {many}
            """,
            cleaning_summary=f"""
                select 'order_lines' as input, name as rule, 'reject' as action,
                1000 as row_count {many}
            """,
            customer_scores="""
                select target, 'v1' as model_version, 'ok' as status, 30 as horizon_days
                from (values ('churn'), ('purchase'), ('upsell')) as targets (target)
            """,
            model_evaluation=f"""
                from ({TABLES["model_evaluation"]})
                union all by name
                select * replace ('churn' as target) from ({TABLES["model_evaluation"]})
            """,
            data_readiness=f"""
                select 'recommendations' as capability, i as requirement,
                'block' as status, name || ' ' || name as advice {many}
            """,
        )
    )
    lines = page.splitlines()

    assert len(lines) <= 40
    assert max(map(display_width, lines)) <= PAGE_WIDTH


@pytest.mark.parametrize(
    "advice", ["words and more words " * 20, "建议使用更长的历史" * 20]
)
def test_long_advice_takes_two_lines(advice):
    readiness = TABLES["data_readiness"].replace("Use absolute thresholds", advice)

    *_, head, first, second = summarise(shop(data_readiness=readiness)).splitlines()
    assert head == "Before you rely on it"
    assert first.startswith("  warn  rfm  ")
    assert second.startswith(" " * 13)
    assert second.endswith("...")
    assert max(display_width(first), display_width(second)) <= PAGE_WIDTH


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 5, "short"),
        ("shorter", 5, "sh..."),
        ("two words", 7, "two..."),
        ("冠军客户", 8, "冠军客户"),
        ("冠军客户", 7, "冠军..."),
        ("", 3, ""),
    ],
)
def test_shortened_counts_terminal_columns(text, width, expected):
    assert shortened(text, width) == expected
