{#- A spell lasts to the next first day, or ends on it: no look is between the two. A
customer whose only order is sent back is a customer no more. -#}
{%- set to_segment -%}
    case
        when coalesce(spells.valid_to > months.to_date, true) then spells.segment
        else coalesce(spells.segment_after, '(left)')
    end
{%- endset -%}
with segment_spells as (
    select * from {{ ref('ml_pm__segment_spells') }}
),

customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

months as (
    select
        snapshot_date as from_date,
        lag(snapshot_date) over (order by snapshot_date) as previous_date,
        lead(snapshot_date) over (order by snapshot_date) as to_date
    from {{ ref('int_pm__snapshot_calendar') }}
    where is_month_start
),

-- There are few kinds of spells, however many customers there are.
spells_counted as (
    select
        scheme,
        segment,
        valid_from,
        valid_to,
        segment_after,
        count(*) as customer_count
    from segment_spells
    group by scheme, segment, valid_from, valid_to, segment_after
),

moves_counted as (
    select
        spells.scheme,
        months.from_date,
        months.to_date,
        spells.segment as from_segment,
        {{ to_segment }} as to_segment,
        sum(spells.customer_count) as customer_count
    from spells_counted as spells
    inner join months
        on
            spells.valid_from <= months.from_date
            and coalesce(spells.valid_to > months.from_date, true)
    where months.to_date is not null
    group by
        spells.scheme,
        months.from_date,
        months.to_date,
        spells.segment,
        {{ to_segment }}
),

months_earned as (
    select
        months.from_date,
        months.to_date,
        customer_orders.customer_id,
        sum(customer_orders.net_revenue) as net_revenue
    from customer_orders
    inner join months
        on
            customer_orders.ordered_at >= months.from_date
            and customer_orders.ordered_at < months.to_date
    where customer_orders.customer_id is not null
    group by months.from_date, months.to_date, customer_orders.customer_id
),

moves_earned as (
    select
        spells.scheme,
        months.from_date,
        spells.segment as from_segment,
        {{ to_segment }} as to_segment,
        sum(months.net_revenue) as net_revenue
    from segment_spells as spells
    inner join months_earned as months
        on
            spells.customer_id = months.customer_id
            and spells.valid_from <= months.from_date
            and coalesce(spells.valid_to > months.from_date, true)
    group by
        spells.scheme,
        months.from_date,
        spells.segment,
        {{ to_segment }}
),

customers_counted as (
    select
        spells_counted.scheme,
        months.previous_date as from_date,
        months.from_date as to_date,
        spells_counted.segment,
        sum(spells_counted.customer_count) as customer_count
    from spells_counted
    inner join months
        on
            spells_counted.valid_from <= months.from_date
            and coalesce(spells_counted.valid_to > months.from_date, true)
    where months.previous_date is not null
    group by
        spells_counted.scheme,
        months.previous_date,
        months.from_date,
        spells_counted.segment
),

arrivals_counted as (
    select
        scheme,
        to_date,
        to_segment,
        sum(customer_count) as customer_count
    from moves_counted
    group by scheme, to_date, to_segment
),

final as (
    select
        moves_counted.scheme,
        moves_counted.from_date,
        moves_counted.to_date,
        moves_counted.from_segment,
        moves_counted.to_segment,
        cast(moves_counted.customer_count as bigint) as customer_count,
        cast(coalesce(moves_earned.net_revenue, 0) as decimal(18,2)) as net_revenue
    from moves_counted
    left join moves_earned
        on
            moves_counted.scheme = moves_earned.scheme
            and moves_counted.from_date = moves_earned.from_date
            and moves_counted.from_segment = moves_earned.from_segment
            and moves_counted.to_segment = moves_earned.to_segment

    union all

    -- Who did not come from a segment has entered.
    select
        customers_counted.scheme,
        customers_counted.from_date,
        customers_counted.to_date,
        '(entered)' as from_segment,
        customers_counted.segment as to_segment,
        cast(
            customers_counted.customer_count
            - coalesce(arrivals_counted.customer_count, 0)
            as bigint
        ) as customer_count,
        cast(0 as decimal(18,2)) as net_revenue
    from customers_counted
    left join arrivals_counted
        on
            customers_counted.scheme = arrivals_counted.scheme
            and customers_counted.to_date = arrivals_counted.to_date
            and customers_counted.segment = arrivals_counted.to_segment
    where
        customers_counted.customer_count
        > coalesce(arrivals_counted.customer_count, 0)
)

select * from final
