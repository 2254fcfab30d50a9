"""The report as a page, on a warehouse small enough to know by heart."""

from __future__ import annotations

import csv
import importlib
import re
import string
from pathlib import Path

import duckdb
import pytest
import yaml

from precision_marketing.public_tables import NoTablesError, PublicTables
from precision_marketing.report import render, write
from precision_marketing.report import sections as section_modules
from precision_marketing.report.blocks import Badge, Reader
from precision_marketing.report.charts import (
    INK,
    PROPERTIES,
    STEPS,
    Bar,
    Cell,
    every,
    heat_map,
    labelled_bars,
    step_of,
    to_svg,
)
from precision_marketing.report.page import sections as found_sections
from precision_marketing.report.words import (
    GAP,
    Words,
    count,
    decimals,
    percent,
    ratio,
    signed_percent,
)

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")
SECTIONS = found_sections()

# What a small shop's build leaves, as far as some sections read it.
TABLES = {
    "build_info": """
        select
            date '2024-03-15' as as_of_date, date '2024-01-05' as first_order_date,
            date '2024-03-10' as last_order_date, 'GBP' as currency, 'en' as language,
            '1.2.3' as project_version
    """,
    "orders": """
        select *, customer_id is null as is_anonymous, null::timestamp as
            fully_returned_at
        from (values
            ('1', 'a', false, 1000.50::decimal(18, 2), timestamp '2024-01-05'),
            ('2', 'a', false, 500.25, timestamp '2024-02-05'),
            ('3', null, false, 499.25, timestamp '2024-03-10'),
            ('4', 'b', true, 0.00, timestamp '2024-03-01')
        ) as orders (order_id, customer_id, is_return, net_revenue, ordered_at)
    """,
    "association_rules": """
        select
            antecedent_items[1] as antecedent_key, 1 as antecedent_item_count, *
        from (values
            (['t'], 'c', 'Tea <b>', 'Cup & saucer', 4.0, 0.50, 20, 0.001),
            (['c'], 't', 'Cup & saucer', 'Tea <b>', 4.0, 0.80, 20, 0.001),
            (['h'], 'c', 'Hat', 'Cup & saucer', 2.0, 0.25, 20, 0.001),
            (['p'], 'q', 'Chance', 'Luck', 50.0, 0.90, 40, 0.500)
        ) as rules (
            antecedent_items, consequent_item, antecedent_name, consequent_name, lift,
            confidence, basket_count, q_value
        )
    """,
    "cleaning_summary": """
        select * from (values
            ('order_lines', 'all_rows', 'read', 1200, 5000.00),
            ('order_lines', 'accepted_rows', 'accept', 1100, 4500.00),
            ('order_lines', 'service_code', 'reject', 70, 400.00),
            ('order_lines', 'missing_item_id', 'reject', 30, 100.00),
            ('order_lines', 'write_off', 'reject', 0, 0.00)
        ) as rules (input, rule, action, row_count, amount)
    """,
    "data_readiness": """
        select * from (values
            ('rfm', 'customers', 12, 100, 'warn', 'Use absolute thresholds'),
            ('scores', 'history_days', 400, 180, 'ok', 'Load more')
        ) as readiness (capability, requirement, observed, required, status, advice)
    """,
}


@pytest.fixture
def connection():
    with duckdb.connect() as result:
        yield result


def make_shop(connection):
    connection.execute("create schema marts")
    for name, query in TABLES.items():
        connection.execute(f"create table marts.pm__{name} as {query}")
    return connection


@pytest.fixture
def shop(connection):
    """A warehouse with the tables above, in another schema than usual."""
    return make_shop(connection)


@pytest.fixture(scope="module")
def page():
    """Its report."""
    with duckdb.connect() as connection:
        return render(make_shop(connection))


def section_of(page: str, name: str) -> str:
    """A section of a page as text, without tags."""
    found = re.search(rf'<section id="{name}".*?</section>', page, re.S)
    assert found, f"no section {name}"
    text = re.sub(r"<svg.*?</svg>", " ", found[0], flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


# -- The page --------------------------------------------------------------------------


def test_sentences_are_computed_from_the_tables(page):
    headlines = section_of(page, "headlines")
    assert "One known customer placed 2 orders, worth 1,501 GBP." in headlines
    assert "Unknown buyers placed one order, worth 499.25 GBP." in headlines
    assert "25.0 % from unknown buyers" in headlines
    over_time = section_of(page, "over-time")
    assert "In 3 months the shop took 2,000 GBP." in over_time
    assert "Mar 2024 is not over" in over_time
    assert "Feb 2024 1 1 500.25 GBP 500.25 GBP" in over_time
    quality = section_of(page, "data-quality")
    assert "Of 1,200 order lines 91.7 % were accepted; 100 were rejected" in quality
    assert "amounts below nothing taken off, they come to 500.00 GBP" in quality
    assert (
        "1 of 2 checks did not pass" in quality and "Use absolute thresholds" in quality
    )


def test_of_a_pair_the_surer_direction_is_told_and_chance_is_left_out(page):
    baskets = section_of(page, "baskets")

    assert "Who buys “Cup &amp; saucer” also buys “Tea &lt;b&gt;” in 80 %" in baskets
    assert "Hat" in baskets and "Luck" not in baskets


def test_names_out_of_the_tables_are_text_and_never_markup(page):
    assert "Tea &lt;b&gt;" in page
    assert "Tea <b>" not in page


def test_a_section_without_data_says_what_would_fill_it(page):
    rfm = section_of(page, "rfm")
    assert "pm__rfm_scores was not built" in rfm
    assert "pm_enable_rfm" in rfm
    assert "<svg" not in re.search(r'<section id="rfm".*?</section>', page, re.S)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_build_with_empty_tables_only_still_gives_every_section(connection, language):
    for name in {table for section in SECTIONS.values() for table in section.tables}:
        connection.execute(f"create table pm__{name} (nothing integer)")

    page = render(connection, language=language)

    assert page.count('<p class="absent">') == len(SECTIONS) == page.count("<section ")
    assert "<svg" not in page and "<table" not in page


def test_the_language_is_that_of_the_build_unless_asked_for(shop):
    assert '<html lang="en">' in render(shop)
    assert '<html lang="zh-Hans">' in render(shop, language="zh")
    shop.execute("update marts.pm__build_info set language = 'zh'")
    assert "客户分析报告" in render(shop)


def test_the_same_tables_give_the_same_page(shop, page):
    assert render(shop) == page


def test_an_unknown_language_is_refused(shop):
    with pytest.raises(ValueError, match="expected en or zh, got 'fr'"):
        render(shop, language="fr")


def test_a_database_without_public_tables_is_refused(connection):
    with pytest.raises(NoTablesError):
        render(connection)


def test_a_page_takes_the_place_of_the_old_one_in_one_move(tmp_path):
    output = tmp_path / "new" / "report.html"
    write("old", output)
    write("页", output)

    assert output.read_text(encoding="utf-8") == "页"
    assert list(output.parent.iterdir()) == [output]


def test_nothing_is_asked_of_a_network_or_a_script(page):
    assert "<script" not in page
    outside = re.findall(r"[a-z]+://[^\s\"'<)]+", page)
    assert set(outside) <= {"http://www.w3.org/2000/svg"}


# -- Sections --------------------------------------------------------------------------


def test_adding_a_section_is_one_file(shop, tmp_path, monkeypatch):
    (tmp_path / "99_added_later.py").write_text(
        "from precision_marketing.report.blocks import Section, Text\n"
        "SECTION = Section(\n"
        "    title={'en': 'Added later', 'zh': '后加'}, needs=('orders',),\n"
        "    filled_by={'en': '', 'zh': ''},\n"
        "    words={'en': {'found': '{count} rows'}, 'zh': {'found': '{count} 行'}},\n"
        "    blocks=lambda read, words: [Text(words('found',\n"
        "        count=read.first('orders', 'count(*) as n')['n']))],\n"
        ")\n"
    )
    monkeypatch.setattr(
        section_modules, "__path__", [*section_modules.__path__, str(tmp_path)]
    )

    page = render(shop)

    assert "Added later 4 rows" in section_of(page, "added-later")
    assert page.index('id="added-later"') > page.index('id="data-quality"')


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_everything_in_both_languages(name):
    section = SECTIONS[name]
    assert set(section.title) == set(section.filled_by) == set(section.words)
    # Chinese has one form for one and for many.
    english, chinese = (
        {
            key: text
            for key, text in section.words[language].items()
            if key.removesuffix("_1") not in section.words[language] or key[-2:] != "_1"
        }
        for language in LANGUAGES
    )
    assert english.keys() == chinese.keys()
    assert {key: places(text) for key, text in english.items()} == {
        key: places(text) for key, text in chinese.items()
    }


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_reads_public_tables_only(name):
    public = {path.stem for path in (ROOT / "models/marts").rglob("pm__*.sql")}
    assert {f"pm__{table}" for table in SECTIONS[name].tables} <= public
    source = Path(
        importlib.import_module(f"{section_modules.__name__}.{name}").__file__
    ).read_text(encoding="utf-8")
    assert not re.search(r"\b(ml|int|stg)_pm__|\bduckdb\b", source)


def test_the_exposure_names_each_table_that_is_read():
    exposures = yaml.safe_load((ROOT / "models/marts/_exposures.yml").read_text())
    report = next(e for e in exposures["exposures"] if e["name"] == "report")
    read = {table for section in SECTIONS.values() for table in section.tables}
    assert report["depends_on"] == [f"ref('pm__{table}')" for table in sorted(read)]


def test_a_table_that_a_section_has_not_named_is_refused(shop):
    reader = Reader(PublicTables(shop), ["orders"])

    with pytest.raises(ValueError, match="pm__customers is not among the tables"):
        reader.rows("customers", "*")


def test_names_of_algorithms_are_those_of_the_seed():
    with (ROOT / "seeds/lookups/pm_algorithms.csv").open(encoding="utf-8") as file:
        seed = list(csv.DictReader(file))
    words = SECTIONS["10_models"].words
    for language in LANGUAGES:
        named = {
            key.removeprefix("algorithm_"): text
            for key, text in words[language].items()
            if key.startswith("algorithm_")
        }
        assert named == {row["algorithm"]: row[f"label_{language}"] for row in seed}


def test_an_item_network_keeps_linked_items_together():
    in_groups = importlib.import_module(f"{section_modules.__name__}.08_baskets")
    pairs = [("a", "b"), ("x", "y"), ("c", "b"), ("y", "z")]

    assert in_groups.in_groups(pairs) == ["a", "b", "c", "x", "y", "z"]


# -- What a weak answer says -----------------------------------------------------------


def told(connection, name: str, tables: dict[str, str]) -> str:
    """Paragraphs of a section over these tables; what else it reads is missing."""
    for table, query in tables.items():
        connection.execute(f"create table pm__{table} as {query}")
    section = SECTIONS[name]
    reader = Reader(PublicTables(connection), section.tables)
    blocks = section.blocks(reader, Words("en", "EUR", section.words["en"]))
    text = "\n".join(block.text for block in blocks if hasattr(block, "text"))
    return text.replace(GAP, " ")


def card(target: str, grade: str, status: str = "ok", *, is_overfit: bool = False):
    return f"""
        select
            '{target}' as target, '{target}s' as intended_use, 'tree' as algorithm,
            '{grade}' as grade, '{status}' as status, {is_overfit} as is_overfit,
            0.1 as gain, 0.0 as gain_lower, 0.2 as gain_upper, 1 as origins_won,
            3 as origin_count, 90 as horizon_days, 'none' as limits
    """


def test_a_prediction_no_better_than_a_rule_of_thumb_says_so(connection):
    cards = [card("purchase", "A"), card("churn", "C", is_overfit=True)]

    text = told(connection, "10_models", {"model_cards": " union all ".join(cards)})

    assert "1 of 2 predictions are better than a rule of thumb" in text
    assert text.count("use its scores to look, not to spend") == 1
    assert text.count("clearly worse than on those it learned from") == 1


def test_predictions_that_nobody_could_judge_are_not_praised(connection):
    cards = card("purchase", "A", "insufficient_data")

    text = told(connection, "10_models", {"model_cards": cards})

    assert text == (
        "There is too little data to judge any prediction: everyone gets a base rate."
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [(90, "was closer than supposing no change"), (100, "do not plan with it")],
)
def test_a_forecast_of_movement_is_held_against_no_change(connection, error, said):
    text = told(
        connection,
        "06_movement",
        {
            "segment_transitions": """
                select 'lifecycle' as scheme, 'new' as from_segment,
                    'new' as to_segment, 1.0 as probability, 5 as from_customer_count
            """,
            "segment_forecast_evaluation": f"""
                select 'lifecycle' as scheme, months_ahead, {error} as forecast_error,
                    100 as no_change_error
                from (values (1), (3)) as months (months_ahead)
            """,
        },
    )

    assert said in text
    assert f"by {error} customers in 3 months" in text


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (1.01, 1.50, "1.20 times as good as the better of two popular lists (1.01 to"),
        (0.99, 1.50, "are not shown to be better"),
        (0.70, 0.95, "(0.70 to 0.95): worse beyond chance"),
    ],
)
def test_recommendations_are_held_against_what_is_popular(
    connection, lower, upper, said
):
    text = told(
        connection,
        "09_recommendations",
        {
            "recommender_evaluation": f"""
                select
                    'discover' as list, 10 as k, 40 as customer_count,
                    hit_rate - 0.1 as hit_rate_lower, hit_rate + 0.1 as hit_rate_upper,
                    0.1 as precision, 1.2 as lift_over_popularity,
                    {lower} as lift_over_popularity_lower,
                    {upper} as lift_over_popularity_upper, 0.5 as coverage, *
                from (values ('blend', 0.4), ('popularity', 0.3))
                    as methods (method, hit_rate)
            """
        },
    )

    assert "40.0 % bought one of the 10 new items" in text and "30.0 %" in text
    assert said in text
    assert "Only 40 customers could be judged" in text


def test_orders_of_unknown_buyers_are_not_told_of_known_ones(connection):
    text = told(
        connection,
        "01_headlines",
        {
            "orders": """
                select
                    false as is_return, null::timestamp as fully_returned_at,
                    customer_id is null as is_anonymous, *
                from (values ('a', 10.00), ('a', 20.00), ('b', 30.00), (null, 40.00),
                    (null, 50.00)) as orders (customer_id, net_revenue)
            """
        },
    )

    assert text == (
        "2 known customers placed 3 orders, worth 60.00 EUR."
        " Unknown buyers placed 2 orders, worth 90.00 EUR."
    )


def test_the_lapsed_are_a_share_of_customers_with_an_order(connection):
    for table, query in {
        "orders": """
            select false as is_return, null::timestamp as fully_returned_at,
                false as is_anonymous, 'a' as customer_id, 10.00 as net_revenue
        """,
        # The last one sent everything back.
        "customers": """
            select * from (values (1, 'lapsed'), (2, 'active'), (0, 'lapsed'))
                as customers (kept_order_count, lifecycle_state)
        """,
    }.items():
        connection.execute(f"create table pm__{table} as {query}")
    section = SECTIONS["01_headlines"]
    reader = Reader(PublicTables(connection), section.tables)

    *_, tiles = section.blocks(reader, Words("en", "EUR", section.words["en"]))

    values = {tile.name: tile.value for tile in tiles.tiles}
    assert values["Customers with an order"] == "2"
    assert values["Lapsed"] == percent(0.5)


def over_time(connection, months: dict[str, float], as_of: str) -> str:
    rows = ", ".join(f"('{month}-05', {sum_})" for month, sum_ in months.items())
    return told(
        connection,
        "02_over_time",
        {
            "build_info": f"select date '{as_of}' as as_of_date",
            "orders": f"""
                select false as is_return, null::timestamp as fully_returned_at,
                    'a' as customer_id, cast(month as timestamp) as ordered_at,
                    cast(revenue as decimal(18, 2)) as net_revenue
                from (values {rows}) as months (month, revenue)
            """,
        },
    )


def test_months_without_orders_count_as_months(connection):
    months = {"2024-01": 10, "2024-02": 20, "2024-03": 30, "2024-09": 60}

    text = over_time(connection, months, "2024-11-01")

    # From June to October, and from January to May.
    assert "In the last 5 full months the shop took 60.00 EUR, +0.0 %" in text
    assert "5 months before (60.00 EUR)" in text


@pytest.mark.parametrize("before", [0, -5])
def test_what_was_nothing_or_less_has_no_rate_of_growth(connection, before):
    months = {f"2024-0{month}": before if month < 4 else 10 for month in range(1, 7)}

    text = over_time(connection, months, "2024-07-01")

    assert "took 30.00 EUR, after" in text and "%" not in text


def cohorts(connection, as_of: str) -> str:
    return told(
        connection,
        "07_cohorts",
        {
            "build_info": f"select date '{as_of}' as as_of_date",
            "cohorts": """
                select
                    cast(month as date) as cohort_month, active_count / customer_count
                        as retention_rate, 1.00 as cumulative_revenue_per_customer, *
                        exclude (month)
                from (values
                    ('2024-01-01', 0, 10, 10), ('2024-01-01', 1, 10, 4),
                    ('2024-01-01', 2, 10, 0), ('2024-02-01', 0, 10, 10),
                    ('2024-02-01', 1, 10, 0)
                ) as cohorts (month, period, customer_count, active_count)
            """,
        },
    )


def test_a_month_that_is_not_over_does_not_lower_who_came_back(connection):
    text = cohorts(connection, "2024-03-10")

    assert (
        "Of the 10 customers whose first order came from Jan 2024 to Jan 2024" in text
    )
    assert "40.0 % bought again in the month after it" in text


def test_cohorts_are_told_by_their_months_and_not_as_the_last_ones(connection):
    text = cohorts(connection, "2025-06-01")

    assert (
        "Of the 20 customers whose first order came from Jan 2024 to Feb 2024" in text
    )
    assert "20.0 %" in text


@pytest.mark.parametrize(
    ("model", "pace", "is_warned_of"),
    [(0.59, 0.84, True), (1.11, 1.74, False), (1.50, 0.60, False), (0.0, 0.5, True)],
)
def test_a_forecast_whose_total_is_further_off_than_the_pace_plans_no_money(
    connection, model, pace, is_warned_of
):
    text = told(
        connection,
        "11_value",
        {
            "customer_lifetime_value": """
                select 12 as horizon_months, 'bg_nbd' as model, 'ok' as status,
                    5.00 as predicted_clv, 5.00 as baseline_clv
            """,
            "clv_evaluation": f"""
                select 'bg_nbd' as model, 90 as horizon_days, 'B' as grade,
                    'value_total_ratio' as metric, {model} as value,
                    {pace} as baseline_value
            """,
        },
    )

    assert ("use it to rank, not to plan money" in text) == is_warned_of


def test_the_most_valuable_tenth_is_a_tenth_where_many_are_worth_the_same(connection):
    text = told(
        connection,
        "11_value",
        {
            "customer_lifetime_value": """
                select 12 as horizon_months, 'bg_nbd' as model, 'ok' as status,
                    5.00 as predicted_clv, 5.00 as baseline_clv
                from range(20)
            """
        },
    )

    assert "most valuable tenth of them hold 10 % of it" in text


def test_empty_ranges_of_value_have_their_place(connection):
    connection.execute(
        "create table pm__customer_lifetime_value as select 12 as horizon_months,"
        " null as model, value as predicted_clv, 1.00 as baseline_clv,"
        " 'insufficient_data' as status from (values (3.00), (30.00)) as a (value)"
    )
    section = SECTIONS["11_value"]
    reader = Reader(PublicTables(connection), section.tables)

    _, chart = section.blocks(reader, Words("en", "EUR", section.words["en"]))

    assert chart.title == "Customers by predicted value, next 12 months (EUR)"
    assert chart.draw(900).to_dict(validate=False)["encoding"]["x"]["sort"] == [
        "2–5",
        "5–10",
        "10–20",
        "20–50",
    ]


def test_lists_that_nobody_could_judge_are_said_to_be_so(connection):
    text = told(
        connection,
        "09_recommendations",
        {
            "recommender_evaluation": """
                select 'discover' as list, 10 as k, 'blend' as method,
                    0 as customer_count, null::double as hit_rate
            """
        },
    )

    assert text == "Nobody came back on days held back: no list could be judged."


def test_shares_of_nothing_are_not_told(connection):
    segments = told(
        connection,
        "04_segments",
        {
            "segments": """
                select segment_id, 'Some' as segment_name, 0.00 as net_revenue,
                    0.5 as share_of_customers, null::double as share_of_revenue,
                    'Wait' as recommended_action, 5 as customer_count,
                    null as rule, null::double as rule_precision, null as typical_items
                from (values (1), (2)) as ids (segment_id)
            """
        },
    )
    value = told(
        connection,
        "11_value",
        {
            "customer_lifetime_value": """
                select 12 as horizon_months, 'bg_nbd' as model, 'ok' as status,
                    0.00 as predicted_clv, 0.00 as baseline_clv
            """
        },
    )

    assert segments == (
        "Customers fall into 2 groups; their revenue comes to nothing in sum."
    )
    assert value.startswith(
        "Over the next 12 months today's customers are worth 0 EUR. At"
    )


def test_a_value_without_a_model_is_called_a_pace(connection):
    text = told(
        connection,
        "11_value",
        {
            "customer_lifetime_value": """
                select 12 as horizon_months, null as model, 'a' as customer_id,
                    5.00 as predicted_clv, 5.00 as baseline_clv,
                    'insufficient_data' as status
            """
        },
    )

    assert text.startswith("There is too little data for a model of value")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("0.99", "under 1"),
        ("1000.00", "1,000–2,000"),
        ("4999.99", "2,000–5,000"),
        ("90000000.00", "50,000,000 and more"),
    ],
)
def test_a_value_falls_between_the_edges_around_it(connection, value, place):
    connection.execute(
        "create table pm__customer_lifetime_value as select 12 as horizon_months,"
        f" null as model, {value} as predicted_clv, 1.00 as baseline_clv,"
        " 'insufficient_data' as status"
    )
    section = SECTIONS["11_value"]
    reader = Reader(PublicTables(connection), section.tables)

    _, chart = section.blocks(reader, Words("en", "EUR", section.words["en"]))

    assert chart.description == f"Columns by value; most customers, 1, lie in {place}."


# -- Charts and words ------------------------------------------------------------------


def drawn(chart) -> str:
    return to_svg(chart, width=300, name="some-chart", title="A & B", description="<")


def test_a_chart_carries_its_words_and_the_pages_colours():
    svg = drawn(labelled_bars([("Group", [Bar(1, "one"), Bar(2, "two", INK)])], 300))

    assert '<title id="some-chart-title">A &amp; B</title>' in svg
    assert '<desc id="some-chart-description">&lt;</desc>' in svg
    assert 'aria-labelledby="some-chart-title"' in svg
    assert "var(--series-0)" in svg and "var(--ink)" in svg
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b|font-family", svg)
    assert set(re.findall(r'\bid="([^"]*)"', svg)) == {
        "some-chart-title",
        "some-chart-description",
    }


def test_bars_are_as_long_as_their_values():
    svg = drawn(labelled_bars([("Group", [Bar(1, "one"), Bar(4, "four")])], 300))

    one, four = (
        float(length)
        for length in re.findall(r'd="M0,[\d.]+h([\d.]+)v[\d.]+h-', svg)[1:]
    )
    assert four == pytest.approx(4 * one, rel=0.01)


def test_bars_of_nothing_can_be_drawn():
    assert "nobody" in drawn(
        labelled_bars([("nobody", [Bar(0, "0"), Bar(-5, "-5")])], 300)
    )


def test_a_heat_map_writes_on_each_step_in_a_colour_made_for_it():
    cells = [Cell("row", str(n), n, f"cell {n}") for n in range(8)]

    svg = drawn(
        heat_map(cells, rows=["row"], columns=[str(n) for n in range(8)], width=300)
    )

    for number in range(len(STEPS)):
        assert f"var(--step-{number})" in svg
        assert f"var(--on-step-{number})" in svg


def test_each_colour_is_set_for_light_and_for_dark():
    style = ROOT / "src/precision_marketing/report/templates/style.css"
    text = style.read_text(encoding="utf-8")
    light, dark = (
        set(re.findall(r"(--[\w-]+):", block))
        for block in re.findall(r":root \{(.*?)\}", text, re.S)
    )
    assert light == dark
    assert set(PROPERTIES.values()) <= light
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= light


@pytest.mark.parametrize(
    ("value", "is_skewed", "step"),
    [(0, False, 0), (0.5, False, 3), (1, False, 6), (0.25, True, 3), (-1, True, 0)],
)
def test_a_step_is_the_share_of_the_largest(value, is_skewed, step):
    assert step_of(value, 1, is_skewed=is_skewed) == step


def test_nothing_has_the_lightest_step():
    assert step_of(0, 0) == 0


def test_labels_are_thinned_evenly_up_to_the_last():
    assert every(["a", "b", "c", "d", "e"], 3) == ["a", "c", "e"]
    assert every(["a"], 3) == ["a"]


def test_numbers_are_written_for_people():
    assert count(1234567.4) == "1,234,567"
    assert percent(0.1234) == f"12.3{GAP}%"
    assert signed_percent(0.5, 0) == f"+50{GAP}%"
    assert decimals(1.005, 1) == "1.0"
    assert {count(None), percent(None), decimals(None), signed_percent(None)} == {"–"}
    assert ratio(1, 0) is None and ratio(None, 2) is None and ratio(1, 4) == 0.25


def test_money_has_its_currency_and_cents_only_where_they_count():
    euros = Words("en", "EUR", {})
    assert euros.money(999.5) == f"999.50{GAP}EUR"
    assert euros.money(1234.56) == f"1,235{GAP}EUR"
    assert euros.money(0) == f"0{GAP}EUR"
    assert euros.money(None) == "–"
    assert Words("en", "XXX", {}).money(5) == "5.00"


@pytest.mark.parametrize(
    ("language", "currency", "title", "items"),
    [
        ("en", "EUR", "Value (EUR)", "a; b"),
        ("zh", "EUR", "Value（EUR）", "a；b"),
        ("zh", "XXX", "Value", "a；b"),
    ],
)
def test_units_and_lists_are_written_as_the_language_does(
    language, currency, title, items
):
    words = Words(language, currency, {"value": "Value"})

    assert words.in_money("value") == title
    assert words.listed(["a", "b"]) == items


def test_one_thing_is_told_in_the_singular():
    words = Words("en", "EUR", {"n": "{count} orders", "n_1": "one order"})
    assert [words.counted("n", number) for number in (0, 1, 1200)] == [
        "0 orders",
        "one order",
        "1,200 orders",
    ]


def test_a_verdict_has_a_known_tone():
    with pytest.raises(ValueError, match="expected one of good, fair, poor"):
        Badge("?", "great")
