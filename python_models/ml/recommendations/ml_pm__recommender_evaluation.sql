{%- set measures = pm_ranking_metrics() + ['lift_over_popularity'] -%}
with customer_metrics as (
    select * from {{ ref('ml_pm__recommender_customer_metrics') }}
),

target_customers as (
    select * from {{ ref('int_pm__recommendation_target_customers') }}
),

catalogue as (
    select * from {{ ref('ml_pm__recommender_catalogue') }}
),

intervals as (
    select * from {{ ref('ml_pm__recommender_intervals') }}
),

weights as (
    select * from {{ ref('ml_pm__recommender_weights') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
    where fold = 'evaluate'
),

model_versions as (
    select
        list,
        max(model_version) as model_version
    from weights
    group by list
),

-- Each customer counts in a segment and, unless nothing was known of them, in all.
targets_counted as (
    {% for segment in ['segment', "'all'"] %}
        select
            list,
            {{ segment }} as segment,
            count(*) as target_customer_count
        from target_customers
        {{ "where segment != 'no_order'" if segment != 'segment' }}
        group by list{{ ', segment' if segment == 'segment' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

customers_by_segment as (
    {% for segment in ['segment', "'all'"] %}
        select
            method,
            list,
            k,
            {{ segment }} as segment,
            case when item_count = k then 1 else 0 end as full_list_count
            {%- for metric in pm_ranking_metrics() -%}
                ,
                cast({{ metric }} as decimal(18,12)) as {{ metric }}
            {%- endfor %}
        from customer_metrics
        {{ "where segment != 'no_order'" if segment != 'segment' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

new_customers_counted as (
    select
        list,
        sum(case when segment = 'no_order' then 1 else 0 end) as new_customer_count
    from target_customers
    group by list
),

means as (
    select
        method,
        list,
        k,
        segment,
        count(*) as customer_count,
        sum(full_list_count) / cast(count(*) as double) as full_list_share
        {%- for metric in pm_ranking_metrics() -%}
            ,
            cast(sum({{ metric }}) as double) / count(*) as {{ metric }}
        {%- endfor %}
    from customers_by_segment
    group by method, list, k, segment
),

baselines as (
    select
        list,
        k,
        segment,
        max(ndcg) as ndcg
    from means
    where {{ pm_is_popularity_method('method') }}
    group by list, k, segment
),

means_compared as (
    select
        means.*,
        means.ndcg / nullif(baselines.ndcg, 0) as lift_over_popularity
    from means
    left join baselines
        on
            means.list = baselines.list
            and means.k = baselines.k
            and means.segment = baselines.segment
),

-- The error of a mean shrinks with the root of the customers it is over.
errors_scaled as (
    select
        means_compared.*
        {%- for measure in measures -%}
            {%- for side in ['below', 'above'] -%}
                ,
                intervals.{{ measure }}_{{ side }} * sqrt(
                    cast(intervals.sample_customer_count as double)
                    / means_compared.customer_count
                ) as {{ measure }}_{{ side }}
            {%- endfor -%}
        {%- endfor %}
    from means_compared
    left join intervals
        on
            means_compared.method = intervals.method
            and means_compared.list = intervals.list
            and means_compared.k = intervals.k
            and means_compared.segment = intervals.segment
),

final as (
    select
        as_of.as_of_date,
        calendar.as_of_date as evaluation_date,
        errors_scaled.method,
        errors_scaled.list,
        errors_scaled.k,
        errors_scaled.segment,
        model_versions.model_version,
        errors_scaled.customer_count,
        targets_counted.target_customer_count - errors_scaled.customer_count
            as left_out_count,
        new_customers_counted.new_customer_count,
        errors_scaled.full_list_share
        {%- for measure in measures -%}
            ,
            errors_scaled.{{ measure }},
            -- Not greatest(), which would make an unknown bound 0.
            case
                when errors_scaled.{{ measure }} < errors_scaled.{{ measure }}_below
                    then 0
                else errors_scaled.{{ measure }} - errors_scaled.{{ measure }}_below
            end as {{ measure }}_lower,
            errors_scaled.{{ measure }} + errors_scaled.{{ measure }}_above
                as {{ measure }}_upper
        {%- endfor %},
        catalogue.coverage,
        catalogue.novelty
    from errors_scaled
    cross join as_of
    cross join calendar
    inner join targets_counted
        on
            errors_scaled.list = targets_counted.list
            and errors_scaled.segment = targets_counted.segment
    inner join new_customers_counted
        on errors_scaled.list = new_customers_counted.list
    left join catalogue
        on
            errors_scaled.method = catalogue.method
            and errors_scaled.list = catalogue.list
            and errors_scaled.k = catalogue.k
            and errors_scaled.segment = catalogue.segment
    left join model_versions
        on errors_scaled.list = model_versions.list
)

select * from final
