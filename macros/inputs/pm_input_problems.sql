{#
All that is wrong with the mapping of one input, as a list of sentences; empty when it
can be used. Each says what was expected, what was found and what to change.

`is_start_up` leaves out what cannot be known yet: a relation given as a `ref` may be
built later in the same run; its staging model asks again.
#}
{% macro pm_input_problems(name, is_start_up=false) %}
    {% set contract = pm_input_contract() %}
    {% set where = 'pm_inputs.' ~ name %}
    {% if name not in contract %}
        {% do return([
            where ~ ': unknown input; the nearest known one is ' ~ pm_nearest(name, contract.keys() | list)
            ~ '. Known: ' ~ contract.keys() | join(', ') ~ '.'
        ]) %}
    {% endif %}
    {% set mapping = var('pm_inputs').get(name) %}
    {% if mapping is not mapping and mapping is not none %}
        {% do return([where ~ ': expected `relation:`, `path:` or `query:` below it, got ' ~ mapping ~ '.']) %}
    {% endif %}
    {% if not mapping %}
        {% do return([where ~ ': order_lines is required and not mapped.'] if name == 'order_lines' else []) %}
    {% endif %}
    {% set problems = _pm_mapping_shape_problems(name, where, mapping) %}
    {% if problems %}
        {% do return(problems) %}
    {% endif %}
    {% set input = pm_input(name) %}
    {% if input.kind == 'files' %}
        {% for path in input.paths %}
            {% if pm_file_count(path) == 0 %}
                {% do problems.append(
                    where ~ ".path: no file matches '" ~ path ~ "'. Relative paths start at the project's"
                    ~ ' folder, and ${NAME} stands for an environment variable (PM_DATA is '
                    ~ ("'" ~ env_var('PM_DATA', '') ~ "'" if env_var('PM_DATA', '') else 'not set') ~ ').'
                ) %}
            {% endif %}
        {% endfor %}
        {% set error = none if problems else pm_query_error('select * from ' ~ pm_input_from(name)) %}
        {% if error %}
            {% do problems.append(where ~ '.path: the files cannot be read as ' ~ input.format ~ ': ' ~ error ~ '.') %}
        {% endif %}
    {% elif input.kind == 'query' %}
        {% set error = pm_query_error('select * from ' ~ pm_input_from(name)) %}
        {% if error %}
            {% do problems.append(where ~ '.query: ' ~ error ~ '. Asked: ' ~ input.query.split() | join(' ') ~ '.') %}
        {% endif %}
    {% else %}
        {% set state = _pm_relation_state(input.relation) %}
        {% if state == 'later' and is_start_up %}
            {% do return(problems) %}
        {% elif state != 'there' %}
            {% do problems.append(
                where ~ '.relation: ' ~ input.relation ~ ' does not exist in this warehouse.'
                ~ ' Write it as schema.table or database.schema.table, or as ref(...) or source(...).'
            ) %}
        {% endif %}
    {% endif %}
    {% if problems %}
        {% do return(problems) %}
    {% endif %}
    {% do return(_pm_column_problems(name, where, input)) %}
{% endmacro %}


{% macro _pm_mapping_shape_problems(name, where, mapping) %}
    {% set problems = [] %}
    {% set settings = ['relation', 'path', 'query', 'format', 'options', 'columns', 'passthrough'] %}
    {% for setting in mapping %}
        {% if setting not in settings %}
            {% do problems.append(
                where ~ ': unknown setting ' ~ setting ~ '; the nearest known one is '
                ~ pm_nearest(setting, settings) ~ '. Known: ' ~ settings | join(', ') ~ '.'
            ) %}
        {% endif %}
    {% endfor %}
    {% set given = [] %}
    {% for way in ['relation', 'path', 'query'] if mapping.get(way) %}
        {% do given.append(way) %}
        {% set is_text = mapping[way] is string or (way == 'path' and mapping[way] is sequence and mapping[way] is not mapping) %}
        {% if not is_text %}
            {% do problems.append(where ~ '.' ~ way ~ ': expected text, got ' ~ mapping[way] ~ '.') %}
        {% endif %}
    {% endfor %}
    {% if given | length > 1 %}
        {% do problems.append(where ~ ': give one of relation, path and query, not ' ~ given | join(' and ') ~ '.') %}
    {% elif not given %}
        {% do problems.append(where ~ ': none of relation, path and query is given; drop the input or add one.') %}
    {% endif %}
    {% if mapping.get('options') and mapping['options'] is not mapping %}
        {% do problems.append(where ~ '.options: expected `name: value`, got ' ~ mapping['options'] ~ '.') %}
    {% endif %}
    {% if mapping.get('passthrough') and (mapping['passthrough'] is string or mapping['passthrough'] is mapping) %}
        {% do problems.append(where ~ '.passthrough: expected a list of columns, got ' ~ mapping['passthrough'] ~ '.') %}
    {% endif %}
    {% if mapping.get('format', 'csv') not in ['csv', 'parquet'] %}
        {% do problems.append(where ~ '.format: expected csv or parquet, got ' ~ mapping.get('format') ~ '.') %}
    {% endif %}
    {% set columns = mapping.get('columns') or {} %}
    {% if columns is not mapping %}
        {% do problems.append(where ~ '.columns: expected `contract_name: your column`, got ' ~ columns ~ '.') %}
        {% do return(problems) %}
    {% endif %}
    {% set known = pm_input_contract()[name]['columns'] %}
    {% for column in columns %}
        {% if column not in known %}
            {% do problems.append(
                where ~ '.columns: unknown column ' ~ column ~ '; the nearest known one is '
                ~ pm_nearest(column, known.keys() | list) ~ '. A column of your own goes under passthrough.'
            ) %}
        {% endif %}
    {% endfor %}
    {% do return(problems) %}
{% endmacro %}


{# 'there', 'later' (a model or seed of this run, not built yet) or 'missing'. #}
{% macro _pm_relation_state(text) %}
    {% set call = modules.re.match('^\\s*(ref|source)\\s*\\((.*)\\)\\s*$', text) %}
    {% if call %}
        {% set name = call.group(2).split(',')[-1].strip().strip('\'"') %}
        {% set nodes = graph.nodes.values() if call.group(1) == 'ref' else graph.sources.values() %}
        {% set node = nodes | selectattr('name', 'equalto', name) | list | first %}
        {% if not node %}
            {% do return('missing') %}
        {% endif %}
        {% set relation = adapter.get_relation(
            node.database, node.schema, node.get('alias') or node.get('identifier')
        ) %}
        {% do return('there' if relation else ('later' if call.group(1) == 'ref' else 'missing')) %}
    {% endif %}
    {% set parts = text.replace('"', '').replace('`', '').split('.') %}
    {% set relation = adapter.get_relation(
        parts[-3] if parts | length > 2 else target.database,
        parts[-2] if parts | length > 1 else target.schema,
        parts[-1]
    ) %}
    {% do return('there' if relation else 'missing') %}
{% endmacro %}


{% macro _pm_column_problems(name, where, input) %}
    {% set problems = [] %}
    {% set found = pm_input_columns(name) %}
    {% set names = found | map(attribute='name') | list %}
    {% set expressions = pm_input_expressions(name, found) %}
    {% for column, rule in pm_input_contract()[name]['columns'].items() %}
        {% if expressions[column] is none and rule.required %}
            {% do problems.append(
                where ~ ': required column ' ~ column ~ ' is neither mapped nor found; the nearest found one is '
                ~ pm_nearest(column, names) ~ '. Found: ' ~ names | join(', ') ~ '.'
            ) %}
        {% elif column in input.columns and not _pm_find_column(found, input.columns[column]) %}
            {% set parsed = pm_expression_columns(input.columns[column]) %}
            {% if parsed.error %}
                {% do problems.append(
                    where ~ '.columns.' ~ column ~ ": '" ~ input.columns[column] ~ "' is no column and no SQL expression: "
                    ~ parsed.error ~ '.'
                ) %}
            {% endif %}
            {% for used in parsed.columns %}
                {% if not _pm_find_column(found, used) %}
                    {% do problems.append(
                        where ~ '.columns.' ~ column ~ ': the input has no column ' ~ used ~ '; the nearest found one is '
                        ~ pm_nearest(used, names) ~ '. Found: ' ~ names | join(', ') ~ '.'
                    ) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% for column in input.passthrough %}
        {% if not _pm_find_column(found, column) %}
            {% do problems.append(
                where ~ '.passthrough: the input has no column ' ~ column ~ '; the nearest found one is '
                ~ pm_nearest(column, names) ~ '. Found: ' ~ names | join(', ') ~ '.'
            ) %}
        {% endif %}
    {% endfor %}
    {% if not problems %}
        {% do problems.extend(_pm_type_problems(name, where, expressions)) %}
    {% endif %}
    {% do return(problems) %}
{% endmacro %}


{# Text may hold anything and anything may become text; between the rest, only these. #}
{% macro _pm_type_problems(name, where, expressions) %}
    {% set accepted = {
        'decimal': ['number'], 'double': ['number'], 'boolean': ['boolean', 'number'],
        'timestamp': ['moment'], 'date': ['moment'],
    } %}
    {% set problems = [] %}
    {% set columns = [] %}
    {% set from = ' from ' ~ pm_input_from(name) ~ ' as raw_input' %}
    {% for column, expression in expressions.items() if expression is not none %}
        {% do columns.append(expression ~ ' as ' ~ column) %}
        {% set error = pm_query_error('select raw_input.*, ' ~ expression ~ from) if expression.startswith('(') %}
        {% if error %}
            {% do problems.append(where ~ '.columns.' ~ column ~ ": '" ~ expression ~ "' cannot be used: " ~ error ~ '.') %}
        {% endif %}
    {% endfor %}
    {% if problems %}
        {% do return(problems) %}
    {% endif %}
    {% for column in pm_describe('select ' ~ columns | join(', ') ~ from) %}
        {% set wanted = pm_input_contract()[name]['columns'][column.name]['type'] %}
        {% set families = accepted.get(wanted.split('(')[0]) %}
        {% if families and _pm_type_family(column.type) not in families + ['text'] %}
            {% do problems.append(
                where ~ '.columns.' ~ column.name ~ ': expected ' ~ wanted ~ ' or text, got ' ~ column.type ~ ' from '
                ~ expressions[column.name] ~ '. Map an SQL expression that converts it.'
            ) %}
        {% endif %}
    {% endfor %}
    {% do return(problems) %}
{% endmacro %}


{% macro _pm_type_family(type) %}
    {% if modules.re.match('^(VARCHAR|STRING|CHAR|TEXT|ENUM|"NULL"|NULL|VOID)', type) %}
        {% do return('text') %}
    {% elif type.endswith(']') or modules.re.match('^(STRUCT|MAP|ARRAY|LIST|UNION|BLOB|BINARY|UUID|JSON)', type) %}
        {% do return('other') %}
    {% elif modules.re.match('^(U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|DECIMAL|DOUBLE|FLOAT|REAL|LONG|SHORT|BYTE)', type) %}
        {% do return('number') %}
    {% elif modules.re.match('^(TIMESTAMP|DATE)', type) %}
        {% do return('moment') %}
    {% elif type == 'BOOLEAN' %}
        {% do return('boolean') %}
    {% endif %}
    {% do return('other') %}
{% endmacro %}
