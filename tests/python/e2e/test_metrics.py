"""MetricFlow's metrics are valid, and each is the number of the mart it comes from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .builds import ROOT, Project, Warehouse

METRICS = [
    metric["name"]
    for metric in yaml.safe_load(
        (ROOT / "models" / "semantic" / "_metrics.yml").read_text()
    )["metrics"]
]
ORDERS = "select {} from pm__orders"
CUSTOMERS = "select {} from pm__customers"
KEPT = "not is_return and fully_returned_at is null"
BUYERS = f"count(distinct customer_id) filter ({KEPT})"
# What an analyst who knows nothing of MetricFlow would write.
IN_SQL = {
    "pm_net_revenue": ORDERS.format("sum(net_revenue)"),
    "pm_gross_revenue": ORDERS.format("sum(gross_revenue)"),
    "pm_discount_amount": ORDERS.format("sum(discount_amount)"),
    "pm_returned_revenue": ORDERS.format("sum(returned_revenue)"),
    "pm_order_count": ORDERS.format("count(*)") + f" where {KEPT}",
    "pm_active_customers": ORDERS.format(BUYERS),
    "pm_average_order_value": ORDERS.format(
        f"sum(net_revenue) / count(*) filter ({KEPT})"
    ),
    "pm_revenue_per_active_customer": ORDERS.format(f"sum(net_revenue) / {BUYERS}")
    + " where customer_id is not null",
    "pm_discount_share": ORDERS.format("sum(discount_amount) / sum(gross_revenue)"),
    "pm_return_share": ORDERS.format("sum(returned_revenue) / sum(gross_revenue)"),
    "pm_cumulative_net_revenue": ORDERS.format("sum(net_revenue)"),
    # The month of as_of_date against the one before.
    "pm_net_revenue_growth": """
        select
            coalesce(sum(net_revenue) filter (month = this), 0)
            / sum(net_revenue) filter (month = this - interval 1 month) - 1
        from (select *, date_trunc('month', ordered_at) as month from pm__orders)
        cross join (select date_trunc('month', as_of_date) as this from pm__build_info)
    """,
    "pm_customer_count": CUSTOMERS.format("count(*)") + " where kept_order_count > 0",
    "pm_returning_customer_count": CUSTOMERS.format("count(*)")
    + " where kept_order_count > 1",
    "pm_repeat_rate": CUSTOMERS.format("avg((kept_order_count > 1)::int)")
    + " where kept_order_count > 0",
    "pm_churned_customer_count": (
        "select count(*) from pm__customer_lifecycle"
        " inner join pm__customers using (customer_id)"
        " where pm__customer_lifecycle.lifecycle_state = 'lapsed'"
        " and kept_order_count > 0"
    ),
    "pm_churned_share": (
        "select avg((lifecycle_state = 'lapsed')::int) from pm__customers"
        " where kept_order_count > 0"
    ),
    "pm_lifetime_revenue": ORDERS.format("sum(net_revenue)")
    + " where customer_id is not null",
    "pm_revenue_at_risk": CUSTOMERS.format("sum(net_revenue)")
    + " where rfm_segment in ('at_risk', 'cant_lose')",
    "pm_share_of_revenue_at_risk": CUSTOMERS.format(
        "sum(net_revenue) filter (rfm_segment in ('at_risk', 'cant_lose'))"
        " / sum(net_revenue)"
    ),
    "pm_predicted_clv": (
        "select sum(predicted_clv) from pm__customer_lifetime_value"
        " where horizon_months = 12 and status = 'ok'"
    ),
    "pm_expected_buyers": (
        "select sum(probability) from pm__customer_scores where target = 'purchase'"
    ),
    "pm_expected_leavers": (
        "select sum(probability) from pm__customer_scores where target = 'churn'"
    ),
}
ASK = """
import json, sys
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

configuration = CLIConfiguration()
configuration.setup()


def ask(metrics, groups=None):
    request = MetricFlowQueryRequest.create(
        metric_names=metrics, group_by_names=groups
    )
    answer = configuration.mf.query(request).result_df
    return [list(map(str, row)) for row in answer.rows]


by_month = ("pm_cumulative_net_revenue", "pm_net_revenue_growth")
found = {
    name: max(ask([name], ["metric_time__month"]))[-1] if name in by_month
    else ask([name])[0][0]
    for name in sys.argv[1:]
}
segments = ask(["pm_net_revenue", "pm_active_customers"], ["pm_customer__rfm_segment"])
print(json.dumps({"metrics": found, "segments": segments}))
"""


@pytest.fixture(scope="module")
def semantic_layer(project: Project, demo: Warehouse, tmp_path_factory):
    """A function that runs a command where `mf` finds the project and its tables.

    MetricFlow reads ``target/`` of the project's folder and opens the warehouse to
    write, so it gets a folder and a file of its own.
    """
    folder = tmp_path_factory.mktemp("semantic")
    for path in ROOT.iterdir():
        if path.name not in ("target", "logs", "warehouse"):
            (folder / path.name).symlink_to(path)
    assert project.manifest() is not None
    (folder / "target").mkdir()
    manifest = project.scratch / "target" / "semantic_manifest.json"
    (folder / "target" / manifest.name).write_bytes(manifest.read_bytes())
    # Queries of the manifest name the database, so the copy is called as it was.
    warehouse = folder / demo.warehouse.name
    warehouse.write_bytes(demo.warehouse.read_bytes())

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env={
                **os.environ,
                "DBT_PROFILES_DIR": str(folder),
                "DBT_PROJECT_DIR": str(folder),
                "PM_WAREHOUSE": str(warehouse),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_metricflow_finds_no_fault(semantic_layer):
    run = semantic_layer(Path(sys.executable).with_name("mf"), "validate-configs")
    assert run.returncode == 0, run.stdout + run.stderr
    verdicts = [line for line in run.stdout.splitlines() if "ERRORS: " in line]
    assert len(verdicts) >= 6
    assert all("ERRORS: 0, FUTURE_ERRORS: 0" in line for line in verdicts), run.stdout


def test_each_metric_is_the_number_of_its_mart(semantic_layer, demo):
    assert set(METRICS) == set(IN_SQL) and len(METRICS) >= 12
    run = semantic_layer(sys.executable, "-c", ASK, *METRICS)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout.splitlines()[-1])
    for name, value in answer["metrics"].items():
        assert float(value) == pytest.approx(
            float(demo.value(IN_SQL[name])), rel=1e-9
        ), name
    # And by a column of another table: two marts, joined by the customer.
    in_sql = demo.rows(
        "select rfm_segment, sum(orders.net_revenue), count(distinct"
        f" orders.customer_id) filter ({KEPT})"
        " from pm__orders as orders left join pm__customers using (customer_id)"
        " group by rfm_segment"
    )
    found = [
        (name, float(revenue), int(buyers))
        for name, revenue, buyers in answer["segments"]
    ]
    assert sorted(found) == sorted(
        (str(segment), float(revenue), buyers) for segment, revenue, buyers in in_sql
    )
