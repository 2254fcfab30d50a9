{#
Whether a day's snapshots have to be made: all days in a full build, else those whose
fingerprint is not among the snapshots already there. To be called within an incremental
model. The days are looked up while the model is compiled and written as literals, since
only a constant filter goes down through the sums of the views it reads.

    where {{ pm_is_due_day('as_of_date', ref('int_pm__snapshot_fingerprints')) }}
    -> where as_of_date in (cast('2025-07-01' as date))
#}
{% macro pm_is_due_day(column, fingerprints) %}
    {% if not execute or not is_incremental() or not _pm_has_fingerprints(this) %}
        {% do return('true') %}
    {% endif %}
    {% set query %}
        select cast(fingerprints.as_of_date as string) as as_of_date
        from {{ fingerprints }} as fingerprints
        left join (select distinct as_of_date, fingerprint from {{ this }}) as made
            on
                fingerprints.as_of_date = made.as_of_date
                and fingerprints.fingerprint = made.fingerprint
        where made.as_of_date is null
        order by fingerprints.as_of_date
    {% endset %}
    {% set days = [] %}
    {% for row in run_query(query).rows %}
        {% do days.append(pm_date_literal(row[0])) %}
    {% endfor %}
    {% do return(column ~ ' in (' ~ days | join(', ') ~ ')' if days else 'false') %}
{% endmacro %}


{#
Takes the snapshots of days that are no longer looked from, or were made from other rows,
out of `relation`: before an incremental model adds those that are due.

    pre_hook="{{ pm_delete_stale_days(this, ref('int_pm__snapshot_fingerprints')) }}"
#}
{% macro pm_delete_stale_days(relation, fingerprints) %}
    {% if not execute or not is_incremental() %}
        {% do return('') %}
    {% endif %}
    {% if not _pm_has_fingerprints(relation) %}
        {% do return('delete from ' ~ relation) %}
    {% endif %}
    delete from {{ relation }}
    where not exists (
        select 1
        from {{ fingerprints }} as fingerprints
        where
            fingerprints.as_of_date = {{ relation }}.as_of_date
            and fingerprints.fingerprint = {{ relation }}.fingerprint
    )
{% endmacro %}


{# A table of version 0.1.0 has none. #}
{% macro _pm_has_fingerprints(relation) %}
    {% set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
    {% do return('fingerprint' in names) %}
{% endmacro %}
