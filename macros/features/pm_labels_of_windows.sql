{#
A query with a label of each row of int_pm__customer_snapshots, from the sums of its day's
window in int_pm__label_windows.

    {{ pm_labels_of_windows('spend') }}
#}
{% macro pm_labels_of_windows(target) %}
    select
        '{{ target }}' as target,
        customer_snapshots.as_of_date,
        customer_snapshots.customer_id,
        {{ pm_closed_label(pm_window_labels()[target]) }} as label
    from {{ ref('int_pm__customer_snapshots') }} as customer_snapshots
    inner join {{ ref('int_pm__feature_calendar') }} as feature_calendar
        on customer_snapshots.as_of_date = feature_calendar.as_of_date
    cross join {{ ref('int_pm__as_of') }} as as_of
    left join {{ ref('int_pm__label_windows') }} as label_windows
        on
            customer_snapshots.as_of_date = label_windows.as_of_date
            and customer_snapshots.customer_id = label_windows.customer_id
{% endmacro %}
