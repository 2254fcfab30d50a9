{#
The measures of quality that each candidate for the segments is judged by, as columns.

    {{ pm_segment_metrics() }}  ->  ['inertia', 'silhouette', ...]
#}
{% macro pm_segment_metrics() %}
    {% do return([
        'inertia', 'silhouette', 'calinski_harabasz', 'davies_bouldin', 'stability_ari',
        'min_share', 'noise_share', 'row_count',
    ]) %}
{% endmacro %}
