{#
The columns that each input may have: the one definition that the mapping check, the
typed empty relations, the staging models and the tests all read.

    {{ pm_input_contract()['items']['columns']['item_id'] }}
    -> {'type': 'string', 'required': true}

`required` says that the column must be there; whether a value in it may be missing is
for the cleaning rules. `key` is the grain of the accepted rows, none where rows have
no key of their own. `needs` are the columns without which a row means nothing.
Types are names that DuckDB and Spark both know.
#}
{% macro pm_input_contract() %}
    {% set text = {'type': 'string', 'required': false} %}
    {% set amount = {'type': 'decimal(18,2)', 'required': false} %}
    {% set price = {'type': 'decimal(18,4)', 'required': false} %}
    {% set moment = {'type': 'timestamp', 'required': false} %}
    {% set flag = {'type': 'boolean', 'required': false} %}
    {% set number = {'type': 'double', 'required': false} %}
    {% set day = {'type': 'date', 'required': false} %}
    {% set needed_text = {'type': 'string', 'required': true} %}
    {% set needed_moment = {'type': 'timestamp', 'required': true} %}
    {% do return({
        'order_lines': {
            'key': ['order_line_id'],
            'needs': ['order_id', 'item_id', 'ordered_at', 'quantity', 'unit_price'],
            'columns': {
                'order_id': needed_text, 'customer_id': needed_text,
                'ordered_at': needed_moment, 'item_id': needed_text,
                'quantity': {'type': 'decimal(18,3)', 'required': true},
                'unit_price': {'type': 'decimal(18,4)', 'required': true},
                'order_line_id': text, 'item_name': text, 'category': text,
                'discount_amount': amount, 'unit_cost': price, 'channel': text,
                'country': text, 'is_return': flag,
            },
        },
        'customers': {
            'key': ['customer_id'],
            'needs': ['customer_id'],
            'columns': {
                'customer_id': needed_text, 'birth_date': day, 'gender': text,
                'income': amount, 'region': text, 'signed_up_at': moment,
                'email': text, 'phone': text, 'language': text,
            },
        },
        'items': {
            'key': ['item_id'],
            'needs': ['item_id'],
            'columns': {
                'item_id': needed_text, 'item_name': text, 'category': text,
                'brand': text, 'list_price': price, 'unit_cost': price,
                'description': text, 'is_active': flag, 'embedding': text,
            },
        },
        'events': {
            'key': none,
            'needs': ['occurred_at', 'event_type'],
            'columns': {
                'customer_id': needed_text, 'occurred_at': needed_moment,
                'event_type': needed_text, 'item_id': text, 'session_id': text,
                'channel': text,
            },
        },
        'reviews': {
            'key': none,
            'needs': ['item_id', 'reviewed_at', 'body'],
            'columns': {
                'item_id': needed_text, 'reviewed_at': needed_moment,
                'body': needed_text, 'review_id': text, 'customer_id': text,
                'rating': number, 'title': text, 'language': text,
            },
        },
        'touchpoints': {
            'key': none,
            'needs': ['customer_id', 'occurred_at', 'channel'],
            'columns': {
                'customer_id': needed_text, 'occurred_at': needed_moment,
                'channel': needed_text, 'campaign_id': text, 'cost': price,
            },
        },
        'conversions': {
            'key': none,
            'needs': ['customer_id', 'converted_at'],
            'columns': {
                'customer_id': needed_text, 'converted_at': needed_moment,
                'value': amount,
            },
        },
        'contacts': {
            'key': ['contact_id'],
            'needs': ['contact_id', 'customer_id', 'sent_at', 'channel'],
            'columns': {
                'contact_id': needed_text, 'customer_id': needed_text,
                'sent_at': needed_moment, 'channel': needed_text,
                'campaign_id': text, 'content_id': text, 'cost': price,
                'opened_at': moment, 'clicked_at': moment, 'converted_at': moment,
                'revenue': amount,
            },
        },
        'experiment_assignments': {
            'key': ['experiment_id', 'customer_id'],
            'needs': ['experiment_id', 'customer_id', 'arm'],
            'columns': {
                'experiment_id': needed_text, 'customer_id': needed_text,
                'arm': needed_text, 'is_control': flag, 'assigned_at': moment,
                'planned_share': number,
            },
        },
        'experiment_outcomes': {
            'key': ['experiment_id', 'customer_id', 'metric'],
            'needs': ['experiment_id', 'customer_id', 'metric', 'value'],
            'columns': {
                'experiment_id': needed_text, 'customer_id': needed_text,
                'metric': needed_text, 'value': {'type': 'double', 'required': true},
                'pre_value': number,
            },
        },
        'consents': {
            'key': none,
            'needs': ['customer_id', 'purpose', 'status', 'valid_from'],
            'columns': {
                'customer_id': needed_text, 'purpose': needed_text,
                'status': needed_text, 'valid_from': needed_moment,
                'channel': text, 'valid_to': moment, 'source': text,
            },
        },
        'erasures': {
            'key': none,
            'needs': ['customer_id', 'requested_at'],
            'columns': {
                'customer_id': needed_text, 'requested_at': needed_moment,
            },
        },
    }) %}
{% endmacro %}
