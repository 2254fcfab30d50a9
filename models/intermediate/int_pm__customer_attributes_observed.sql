with customers as (
    select * from {{ ref('stg_pm__customers') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

final as (
    select
        customers.customer_id,
        {% for attribute, kind in pm_customer_attributes().items() %}
            {% if kind == 'text' %}
                customers.{{ attribute }},
            {% elif kind == 'number' %}
                cast(customers.{{ attribute }} as double) as {{ attribute }},
            {% else %}
                cast({{ _pm_day_number('customers.' ~ attribute) }} as double)
                    as {{ attribute }},
            {% endif %}
        {% endfor %}
        cast(coalesce(customer_facts.order_count, 0) as double) as order_count,
        cast(coalesce(customer_facts.net_revenue, 0) as double) as net_revenue,
        cast(customer_facts.average_order_value as double) as average_order_value,
        customer_facts.favourite_category,
        customer_facts.country
    from customers
    left join customer_facts
        on customers.customer_id = customer_facts.customer_id
)

select * from final
