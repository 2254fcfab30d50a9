with events as (
    select * from {{ ref('stg_pm__events') }}
),

contacts as (
    select * from {{ ref('stg_pm__contacts') }}
),

reviews as (
    select * from {{ ref('stg_pm__reviews') }}
),

-- Opening and clicking are known on their own day, not on that of the contact.
happenings as (
    select
        customer_id,
        occurred_at as happened_at,
        case when event_type = 'cart' then 'cart' else 'event' end as kind,
        cast(null as double) as rating
    from events

    union all

    {% for kind, column in {
        'contact': 'sent_at', 'open': 'opened_at', 'click': 'clicked_at',
    }.items() %}
        select
            customer_id,
            {{ column }} as happened_at,
            '{{ kind }}' as kind,
            cast(null as double) as rating
        from contacts

        union all
    {% endfor %}

    select
        customer_id,
        reviewed_at as happened_at,
        'review' as kind,
        rating
    from reviews
),

final as (
    select
        customer_id,
        cast(happened_at as date) as activity_date,
        {# A cart is an event too. #}
        cast(sum(case when kind in ('event', 'cart') then 1 else 0 end) as integer)
            as event_count,
        {% for kind in ['cart', 'contact', 'open', 'click', 'review'] %}
            cast(sum(case when kind = '{{ kind }}' then 1 else 0 end) as integer)
                as {{ kind }}_count,
        {% endfor %}
        cast(count(rating) as integer) as rating_count,
        cast(coalesce(sum(cast(rating as decimal(18,4))), 0) as decimal(18,4))
            as rating_sum
    from happenings
    where
        customer_id is not null
        and happened_at is not null
        and {{ var('pm_enable_scores') }}
    group by customer_id, cast(happened_at as date)
)

select * from final
