-- Who has bought at least three times, for the letter that the shop writes itself.
select
    customer_id as kunden_nr,
    order_count as anzahl_einkaeufe,
    net_revenue as umsatz,
    as_of_date as stichtag
from {{ ref('precision_marketing', 'pm__customers') }}
where order_count >= 3
