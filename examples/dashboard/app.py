"""A dashboard on the published copy: `streamlit run examples/dashboard/app.py`.

It opens the copy anew for each look and only to read, so the next build and the next
`make publish` never wait for it.
"""

from __future__ import annotations

import os

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
order by share_of_revenue desc
"""
AT_RISK = """
select
    customers.customer_id as customer,
    customers.net_revenue as "revenue so far",
    customers.recency_days as "days since the last order",
    round(scores.probability, 2) as "will buy in 90 days",
    scores.reason_1 as "because"
from pm__customers as customers
inner join pm__customer_scores as scores
    on customers.customer_id = scores.customer_id and scores.target = 'purchase'
where customers.rfm_segment in ('at_risk', 'cant_lose')
order by customers.net_revenue desc
limit 20
"""


def look(query: str):
    """Rows of a query as a data frame."""
    with duckdb.connect(PUBLISHED, read_only=True) as connection:
        return connection.execute(query).df()


info = look("from pm__build_info").iloc[0]
months = look(MONTHS)
streamlit.set_page_config(page_title="Customers", layout="wide")
streamlit.title("Customers")
streamlit.caption(f"As of {info['as_of_date']:%Y-%m-%d}, in {info['currency']}")
streamlit.subheader("Net revenue by month")
streamlit.bar_chart(months, x="month", y="net_revenue")
streamlit.subheader("RFM segments and what to do about each")
streamlit.dataframe(look(SEGMENTS), hide_index=True)
streamlit.subheader("Good customers who have gone quiet")
streamlit.dataframe(look(AT_RISK), hide_index=True)
