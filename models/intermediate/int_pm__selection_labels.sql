with selection_rows as (
    select
        fold,
        as_of_date,
        customer_id
    from {{ ref('int_pm__selection_rows') }}
),

customer_labels as (
    select * from {{ ref('int_pm__customer_labels') }}
),

final as (
    select
        selection_rows.fold,
        customer_labels.target,
        selection_rows.as_of_date,
        selection_rows.customer_id,
        customer_labels.label
    from selection_rows
    inner join customer_labels
        on
            selection_rows.as_of_date = customer_labels.as_of_date
            and selection_rows.customer_id = customer_labels.customer_id
)

select * from final
