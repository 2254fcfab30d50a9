"""A dashboard on the published copy: `streamlit run examples/dashboard/app.py`.

It opens the copy anew for each look at the page and only to read, so the next build and
the next `make publish` never wait for it, and all that one look shows is of one build.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import streamlit

PUBLISHED = os.environ.get("PM_PUBLISHED", "warehouse/published.duckdb")

MONTHS = """
select
    date_trunc('month', ordered_at) as month,
    sum(net_revenue) as net_revenue,
    count(distinct customer_id)
        filter (where not is_return and fully_returned_at is null) as customers
from pm__orders
group by month
order by month
"""
SEGMENTS = """
select
    rfm_segment_label as segment,
    customer_count as customers,
    round(100 * share_of_revenue, 1) as "revenue, %",
    recommended_action as "what to do"
from pm__rfm_segments
order by share_of_revenue desc, rfm_segment
"""
AT_RISK = """
select
    customers.customer_id as customer,
    customers.net_revenue as "revenue so far",
    customers.recency_days as "days since the last order",
    round(scores.probability, 2) as "will buy",
    scores.horizon_days as "within days",
    scores.status as "status",
    scores.reason_1 as "because"
from pm__customers as customers
inner join pm__customer_scores as scores
    on customers.customer_id = scores.customer_id and scores.target = 'purchase'
where customers.rfm_segment in ('at_risk', 'cant_lose')
order by customers.net_revenue desc, customers.customer_id
limit 20
"""


streamlit.set_page_config(page_title="Customers", layout="wide")
if not Path(PUBLISHED).is_file():
    streamlit.error(f"There is no file {PUBLISHED}: `make publish` writes it.")
    streamlit.stop()
with duckdb.connect(PUBLISHED, read_only=True) as connection:
    info, months, segments, at_risk = (
        connection.execute(query).df()
        for query in ("from pm__build_info", MONTHS, SEGMENTS, AT_RISK)
    )

about = info.iloc[0]
streamlit.title("Customers")
streamlit.caption(f"As of {about['as_of_date']:%Y-%m-%d}, in {about['currency']}")
streamlit.subheader("Net revenue by month")
streamlit.bar_chart(months, x="month", y="net_revenue")
streamlit.subheader("RFM segments and what to do about each")
streamlit.dataframe(segments, hide_index=True)
streamlit.subheader("Good customers who have gone quiet")
streamlit.dataframe(at_risk, hide_index=True)
