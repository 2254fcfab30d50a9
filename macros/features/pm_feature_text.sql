{#
The value of a feature as a reader writes it: yes or no of a flag, percent of a share, how
many times of a ratio, else a number to one digit; `none` where there is no value.

    {{ pm_feature_text('value', 'unit') }}
    -> orders: 7   share: 25 %   flag: no   log ratio of ln(0.5): 0.5 times
#}
{% macro pm_feature_text(value, unit) %}
    {%- set words = {
        'en': {'yes': 'yes', 'no': 'no', 'none': 'none', 'times': ' times'},
        'zh': {'yes': '是', 'no': '否', 'none': '无', 'times': ' 倍'},
    }[var('pm_language')] -%}
    case
        when {{ value }} is null then '{{ words.none }}'
        when {{ unit }} = 'flag' and {{ value }} > 0 then '{{ words.yes }}'
        when {{ unit }} = 'flag' then '{{ words.no }}'
        when {{ unit }} = 'share'
            then {{ pm_plain_number('round(100 * ' ~ value ~ ', 0)') }} || ' %'
        -- Kept as a logarithm, read as a ratio.
        when {{ unit }} = 'log ratio'
            then {{ pm_plain_number('round(exp(' ~ value ~ '), 1)') }} || '{{ words.times }}'
        when {{ unit }} = 'gaps'
            then {{ pm_plain_number('round(' ~ value ~ ', 1)') }} || '{{ words.times }}'
        else {{ pm_plain_number('round(' ~ value ~ ', 1)') }}
    end
{%- endmacro %}
