{{ config(materialized='pm_by_day', days_from='int_pm__snapshot_fingerprints') }}
with fingerprints as (
    select * from {{ ref('int_pm__snapshot_fingerprints') }}
    where as_of_date = {{ pm_day() }}
),

snapshot_orders as (
    select * from {{ ref('int_pm__snapshot_orders') }}
    where as_of_date = {{ pm_day() }}
),

snapshot_choices as (
    select * from {{ ref('int_pm__snapshot_choices') }}
    where as_of_date = {{ pm_day() }}
),

snapshot_engagement as (
    select * from {{ ref('int_pm__snapshot_engagement') }}
    where as_of_date = {{ pm_day() }}
),

customers as (
    select * from {{ ref('stg_pm__customers') }}
),

attribute_levels as (
    select * from {{ ref('int_pm__attribute_levels') }}
),

-- A customer is there from the first order on that has not been sent back whole.
measured as (
    select
        snapshot_orders.*,
        {% for feature, properties in pm_features().items() %}
            {% if properties.source == 'choices' %}
                snapshot_choices.{{ feature }},
            {% endif %}
        {% endfor %}
        {% for measure, properties in pm_windowed_measures('engagement').items() %}
            {% for days in properties.windows + [none] %}
                snapshot_engagement.{{ pm_window_column(measure, days) }},
            {% endfor %}
        {% endfor %}
        snapshot_engagement.mean_rating,
        snapshot_engagement.days_since_event,
        snapshot_engagement.days_since_contact,
        {{ pm_calendar_days_between(
            'customers.birth_date', 'snapshot_orders.as_of_date'
        ) }} / 365.25 as age_years,
        case when customers.income < 0 then 0 else customers.income end as income,
        {% for attribute in pm_attribute_features() %}
            customers.{{ attribute }},
            {{ attribute }}_levels.level_number as {{ attribute }}_level,
        {% endfor %}
        case
            when customers.signed_up_at < snapshot_orders.as_of_date
                then {{ pm_calendar_days_between(
                    'customers.signed_up_at', 'snapshot_orders.as_of_date'
                ) }}
        end as days_since_sign_up,
        {{ pm_calendar_days_between(
            'snapshot_orders.last_ordered_at', 'snapshot_orders.as_of_date'
        ) }} as recency_days,
        {{ pm_calendar_days_between(
            'snapshot_orders.first_ordered_at', 'snapshot_orders.as_of_date'
        ) }} as tenure_days,
        {{ pm_days_between(
            'snapshot_orders.first_ordered_at', 'snapshot_orders.last_ordered_at'
        ) }} / nullif(snapshot_orders.orders_lifetime - 1, 0) as mean_gap_days
    from snapshot_orders
    left join snapshot_choices
        on
            snapshot_orders.as_of_date = snapshot_choices.as_of_date
            and snapshot_orders.customer_id = snapshot_choices.customer_id
    left join snapshot_engagement
        on
            snapshot_orders.as_of_date = snapshot_engagement.as_of_date
            and snapshot_orders.customer_id = snapshot_engagement.customer_id
    left join customers
        on snapshot_orders.customer_id = customers.customer_id
    {% for attribute in pm_attribute_features() %}
        left join attribute_levels as {{ attribute }}_levels
            on
                customers.{{ attribute }} = {{ attribute }}_levels.level
                and {{ attribute }}_levels.attribute = '{{ attribute }}'
    {% endfor %}
    where snapshot_orders.orders_lifetime > 0
),

final as (
    select
        measured.as_of_date,
        measured.customer_id,
        {% for feature, properties in pm_features().items() %}
            cast({{ properties.expression }} as double) as {{ feature }},
        {% endfor %}
        fingerprints.fingerprint
    from measured
    inner join fingerprints
        on measured.as_of_date = fingerprints.as_of_date
)

select * from final
