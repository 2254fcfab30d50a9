{%- set so_far -%}
    partition by customer_id
    order by known_from asc
    rows between unbounded preceding and current row
{%- endset -%}
with behaviour_changes as (
    select * from {{ ref('int_pm__behaviour_changes') }}
),

orders_undone as (
    select
        customer_id,
        ordered_at,
        fully_returned_at
    from {{ ref('int_pm__customer_orders') }}
    where not is_return and fully_returned_at is not null
),

states as (
    select
        customer_id,
        known_from as valid_from,
        lead(known_from) over (partition by customer_id order by known_from asc)
            as valid_to,
        {% for name, type in pm_behaviour_sums().items() %}
            cast(sum({{ name }}) over ({{ so_far }}) as {{ type }}) as {{ name }},
        {% endfor %}
        max(most_lines_of_one_category) over ({{ so_far }})
            as most_lines_of_one_category,
        min(first_order_at) over ({{ so_far }}) as first_order_at,
        max(last_order_at) over ({{ so_far }}) as last_order_at,
        max(last_lasting_order_at) over ({{ so_far }}) as last_lasting_order_at
    from behaviour_changes
),

-- What was sent back later was an order until then. Few are.
orders_kept_till_later as (
    select
        states.customer_id,
        states.valid_from,
        max(orders_undone.ordered_at) as last_order_at
    from states
    inner join orders_undone
        on
            states.customer_id = orders_undone.customer_id
            and states.valid_from > orders_undone.ordered_at
            and states.valid_from <= orders_undone.fully_returned_at
    group by states.customer_id, states.valid_from
),

final as (
    select
        states.customer_id,
        states.valid_from,
        states.valid_to,
        states.order_count - states.undone_order_count as kept_order_count,
        {% for name in pm_behaviour_sums() %}
            states.{{ name }},
        {% endfor %}
        states.most_lines_of_one_category,
        states.first_order_at,
        states.last_order_at,
        greatest(states.last_lasting_order_at, orders_kept_till_later.last_order_at)
            as last_kept_order_at
    from states
    left join orders_kept_till_later
        on
            states.customer_id = orders_kept_till_later.customer_id
            and states.valid_from = orders_kept_till_later.valid_from
)

select * from final
