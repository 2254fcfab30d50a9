-- Who has bought in at least three months, for the shop's own letter.
select
    customer_id as kunden_nr,
    order_count as anzahl_einkaeufe,
    net_revenue as umsatz
from {{ ref('precision_marketing', 'pm__customers') }}
where order_count >= 3
