{#
The label of each target that is told by the sums of a label window, as
int_pm__label_windows has them. Who did nothing in the window has no row there. Labels of
past days and of scores whose window has closed are both made from it.

    {{ pm_window_labels()['spend'] }}  ->  coalesce(label_windows.net_revenue, 0)
#}
{% macro pm_window_labels() %}
    {% do return({
        'purchase': 'case when label_windows.order_count > 0 then 1 else 0 end',
        'churn': 'case when label_windows.order_count > 0 then 0 else 1 end',
        'spend': 'coalesce(label_windows.net_revenue, 0)',
    }) %}
{% endmacro %}
