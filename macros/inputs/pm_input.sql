{#
The mapping of one input, completed: {'kind': 'none' | 'relation' | 'files' | 'query',
'relation', 'paths', 'query', 'format', 'options', 'columns', 'passthrough'}.

    {{ pm_input('order_lines').kind }}  ->  files

`kind` is 'none' for an input that the mapping leaves out.
#}
{% macro pm_input(name) %}
    {% set mapping = (var('pm_inputs') or {}).get(name) or {} %}
    {% set paths = mapping.get('path') or [] %}
    {% set paths = [paths] if paths is string else paths %}
    {% set resolved = [] %}
    {% for path in paths %}
        {% do resolved.append(_pm_resolve_path(path)) %}
    {% endfor %}
    {% set query = _pm_fill_in_variables(mapping.get('query') or '').strip().rstrip(';') %}
    {% if paths %}
        {% set kind = 'files' %}
    {% elif query %}
        {% set kind = 'query' %}
    {% else %}
        {% set kind = 'relation' if mapping.get('relation') else 'none' %}
    {% endif %}
    {% set format = mapping.get('format') %}
    {% if not format and resolved %}
        {% set is_parquet = modules.re.search('\\.(parquet|pq)$', resolved[0]) %}
        {% set format = 'parquet' if is_parquet else 'csv' %}
    {% endif %}
    {% do return({
        'kind': kind,
        'relation': mapping.get('relation'),
        'paths': resolved,
        'query': query,
        'format': format,
        'options': mapping.get('options') or {},
        'columns': mapping.get('columns') or {},
        'passthrough': mapping.get('passthrough') or [],
    }) %}
{% endmacro %}


{# `${NAME}` becomes that environment variable. #}
{% macro _pm_fill_in_variables(text) %}
    {% set parts = [] %}
    {% for part in modules.re.split('(\\$\\{[A-Za-z_][A-Za-z0-9_]*\\})', text) %}
        {% if part.startswith('${') and part.endswith('}') %}
            {% do parts.append(env_var(part[2:-1], '')) %}
        {% else %}
            {% do parts.append(part) %}
        {% endif %}
    {% endfor %}
    {% do return(parts | join('')) %}
{% endmacro %}


{# A relative path starts at the project. #}
{% macro _pm_resolve_path(path) %}
    {% set resolved = _pm_fill_in_variables(path) %}
    {% if modules.re.match('^(/|[A-Za-z]:|[a-z0-9]+://)', resolved) %}
        {% do return(resolved) %}
    {% endif %}
    {% do return((invocation_args_dict.get('project_dir') or '.') ~ '/' ~ resolved) %}
{% endmacro %}
