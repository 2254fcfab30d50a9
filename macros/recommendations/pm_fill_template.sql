{#
A sentence from a template, each {name} in it replaced by the text of an expression.

    {{ pm_fill_template('template_en', {'item': 'item_name'}) }}
    -> replace(template_en, '{item}', cast(item_name as string))

Values are put in one after another, so one that holds a later {name} is filled too. A
null value makes the sentence null: give each value something to fall back on.
#}
{% macro pm_fill_template(template, values) %}
    {% set sentence = namespace(text=template) %}
    {% for name, expression in values.items() %}
        {% set sentence.text = (
            'replace(' ~ sentence.text ~ ", '{" ~ name ~ "}', cast(" ~ expression ~ ' as string))'
        ) %}
    {% endfor %}
    {% do return(sentence.text) %}
{% endmacro %}
