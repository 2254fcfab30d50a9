{#
A table function over Parquet or CSV files.

    {{ pm_read_files(['/data/a.csv'], 'csv', {'delim': ';'}) }}
    -> read_csv(['/data/a.csv'], all_varchar = true, header = true, delim = ';')

CSV is read as text throughout: a number column that holds words is for the cleaning
rules to judge, not for the reader to refuse. Spark reads a folder by its path; CSV
there needs a table over it, since `csv.`path`` takes no header option.
#}
{% macro pm_read_files(paths, format, options) %}
    {{ return(adapter.dispatch('pm_read_files', 'precision_marketing')(paths, format, options)) }}
{% endmacro %}


{% macro default__pm_read_files(paths, format, options) %}
    {% set quoted = [] %}
    {% for path in paths %}
        {% do quoted.append("'" ~ path | replace("'", "''") ~ "'") %}
    {% endfor %}
    {% set list = '[' ~ quoted | join(', ') ~ ']' %}
    {% if format == 'parquet' %}
        {% do return('read_parquet(' ~ list ~ ', union_by_name = true)') %}
    {% endif %}
    {% set settings = ['all_varchar = true', 'header = true', 'union_by_name = true'] %}
    {% for key, value in options.items() %}
        {% set shown = value if value is number or value is boolean else "'" ~ value | replace("'", "''") ~ "'" %}
        {% do settings.append(key ~ ' = ' ~ shown) %}
    {% endfor %}
    {% do return('read_csv(' ~ list ~ ', ' ~ settings | join(', ') ~ ')') %}
{% endmacro %}


{% macro spark__pm_read_files(paths, format, options) %}
    {% if format != 'parquet' or paths | length > 1 %}
        {% do exceptions.raise_compiler_error(
            'Macro pm_read_files: expected one Parquet path on Spark, got '
            ~ paths | length ~ ' ' ~ format ~ ' path(s). Make a table over the files'
            ~ ' and map it with `relation:`.'
        ) %}
    {% endif %}
    {% do return('parquet.`' ~ paths[0] ~ '`') %}
{% endmacro %}
