{%- set attributes = pm_customer_attributes() -%}
with observed as (
    select * from {{ ref('int_pm__customer_attributes_observed') }}
),

imputed_attributes as (
    select * from {{ ref('ml_pm__imputed_attributes') }}
),

-- Of equally frequent values the first in the alphabet.
values_counted as (
    {% for attribute, kind in attributes.items() %}
        select
            '{{ attribute }}' as attribute,
            cast({{ attribute }} as string) as attribute_value,
            count(*) as customer_count
        from observed
        where {{ attribute }} is not null
        group by {{ attribute }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

values_ranked as (
    select
        attribute,
        attribute_value,
        row_number() over (
            partition by attribute order by customer_count desc, attribute_value asc
        ) as value_rank
    from values_counted
),

most_frequent as (
    select
        1 as is_only_row
        {%- for attribute, kind in attributes.items() -%}
            ,
            cast(
                max(case when attribute = '{{ attribute }}' then attribute_value end)
                as {{ 'string' if kind == 'text' else 'double' }}
            ) as most_frequent_{{ attribute }}
        {%- endfor %}
    from values_ranked
    where value_rank = 1
),

averages as (
    select
        1 as is_only_row
        {%- for attribute, kind in attributes.items() if kind != 'text' -%}
            ,
            round(avg({{ attribute }}), 2) as mean_{{ attribute }},
            median({{ attribute }}) as median_{{ attribute }}
        {%- endfor %}
    from observed
),

plain_values as (
    select
        averages.*
        {%- for attribute in attributes -%}
            ,
            most_frequent.most_frequent_{{ attribute }}
        {%- endfor %}
    from averages
    inner join most_frequent
        on averages.is_only_row = most_frequent.is_only_row
),

modelled_values as (
    select
        customer_id
        {%- for attribute, kind in attributes.items() -%}
            ,
            max(
                case
                    when column_name = '{{ attribute }}'
                        then {{ 'value_text' if kind == 'text' else 'value_number' }}
                end
            ) as {{ attribute }}
        {%- endfor %}
    from imputed_attributes
    group by customer_id
),

filled as (
    select
        observed.customer_id
        {%- for attribute in attributes -%}
            ,
            coalesce(
                observed.{{ attribute }},
                modelled_values.{{ attribute }},
                {{ pm_attribute_fill(attribute) }}
            ) as {{ attribute }},
            observed.{{ attribute }} is null
            and coalesce(
                modelled_values.{{ attribute }},
                {{ pm_attribute_fill(attribute) }}
            ) is not null as is_{{ attribute }}_imputed
        {%- endfor %}
    from observed
    cross join plain_values
    left join modelled_values
        on observed.customer_id = modelled_values.customer_id
),

final as (
    select
        customer_id,
        gender,
        region,
        language,
        cast(income as decimal(18,2)) as income,
        {{ pm_date_of_day_number('birth_date') }} as birth_date,
        is_gender_imputed,
        is_region_imputed,
        is_language_imputed,
        is_income_imputed,
        is_birth_date_imputed
    from filled
)

select * from final
