{#- The text of all that makes a snapshot from these rows: another line of it is another
fingerprint. -#}
{%- set made_by = [pm_features() | tojson, pm_project_version()] -%}
{%- if execute -%}
    {%- for name in [
        'int_pm__customer_snapshots', 'int_pm__snapshot_orders',
        'int_pm__snapshot_choices', 'int_pm__snapshot_engagement',
    ] -%}
        {%- set node = graph.nodes['model.precision_marketing.' ~ name] -%}
        {%- do made_by.append(node.raw_code) -%}
    {%- endfor -%}
{%- endif -%}
{%- set parts = [
    'orders', 'choices', 'engagement', 'customers', 'target_categories',
    'attribute_levels',
] -%}
with feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

activity_orders as (
    select * from {{ ref('int_pm__activity_orders') }}
),

-- What each part of a snapshot is made of, with the day from which it is known. That an
-- order came back is known later than the order, so a day's orders are put together
-- again first; of a choice the next one is not known at all.
order_days as (
    select
        customer_id,
        activity_date,
        cast(null as date) as undone_date,
        {{ pm_activity_sums() }}
    from activity_orders
    group by customer_id, activity_date
),

orders_known as (
    select
        activity_date as known_date,
        *
    from order_days

    union all

    select
        undone_date as known_date,
        customer_id,
        activity_date,
        undone_date,
        {{ pm_activity_measures() | join(', ') }}
    from activity_orders
    where undone_date is not null
),

choices_known as (
    select
        activity_date as known_date,
        dimension,
        customer_id,
        choice
    from {{ ref('int_pm__activity_choices') }}
),

engagement_known as (
    select
        activity_date as known_date,
        *
    from {{ ref('int_pm__activity_engagement') }}
),

first_days as (
    select
        customer_id,
        min(activity_date) as known_date
    from activity_orders
    group by customer_id
),

customers_known as (
    select
        first_days.known_date,
        customers.customer_id,
        customers.birth_date,
        customers.income,
        {% for attribute in pm_attribute_features() %}
            customers.{{ attribute }},
        {% endfor %}
        customers.signed_up_at
    from {{ ref('stg_pm__customers') }} as customers
    inner join first_days
        on customers.customer_id = first_days.customer_id
),

target_categories_known as (
    select
        {{ pm_date_literal('0001-01-01') }} as known_date,
        category_number,
        category
    from {{ ref('int_pm__target_categories') }}
),

attribute_levels_known as (
    select
        {{ pm_date_literal('0001-01-01') }} as known_date,
        attribute,
        level_number,
        level
    from {{ ref('int_pm__attribute_levels') }}
),

-- A sum of hashes does not depend on the order of rows.
days_hashed as (
    {% for part in parts %}
        select
            '{{ part }}' as part,
            known_date,
            count(*) as row_count,
            sum(cast({{ pm_row_hash(part ~ '_known') }} as decimal(38,0))) as hash_sum
        from {{ part }}_known
        group by known_date
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

parts_known as (
    select
        feature_calendar.as_of_date,
        days_hashed.part,
        sum(days_hashed.row_count) as row_count,
        sum(days_hashed.hash_sum) as hash_sum
    from days_hashed
    inner join feature_calendar
        on days_hashed.known_date < feature_calendar.as_of_date
    group by feature_calendar.as_of_date, days_hashed.part
),

final as (
    select
        as_of_date,
        md5(
            '{{ local_md5(made_by | join(' ')) }}'
            {% for part in parts %}
                || ' ' || coalesce(
                    max(
                        case
                            when part = '{{ part }}'
                                then
                                    cast(row_count as string)
                                    || ' '
                                    || cast(hash_sum as string)
                        end
                    ),
                    ''
                )
            {% endfor %}
        ) as fingerprint
    from parts_known
    group by as_of_date
)

select * from final
