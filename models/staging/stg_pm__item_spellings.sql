with order_lines as (
    {{ pm_typed_rows('order_lines') }}
),

items as (
    select * from {{ ref('stg_pm__items_checked') }}
),

service_codes as (
    select * from {{ ref('pm_service_codes') }}
),

line_spellings as (
    select
        item_id_as_written as spelling,
        -- Names tell only short codes apart; upper case for every line would be dear.
        max(case when length(item_id_as_written) <= 4 then upper(item_name) end)
            as item_name,
        sum(case when {{ pm_is_known('ordered_at') }} then 1 else 0 end) as line_count
    from order_lines
    where {{ pm_trim('item_id_as_written') }} != ''
    group by item_id_as_written
),

spellings_counted as (
    select
        spelling,
        item_name,
        line_count,
        false as is_in_items
    from line_spellings

    union all

    -- The shop's own item table has the last word on how a code is written.
    select
        item_id as spelling,
        upper(item_name) as item_name,
        0 as line_count,
        true as is_in_items
    from items
    where reject_reason is null
),

spellings_keyed as (
    select
        spelling,
        {{ pm_item_key('spelling') }} as item_key,
        max(item_name) as item_name,
        sum(line_count) as line_count,
        max(is_in_items) as is_in_items
    from spellings_counted
    group by spelling, {{ pm_item_key('spelling') }}
),

spellings_ranked as (
    select
        spelling,
        item_key,
        item_name,
        first_value({{ pm_trim('spelling') }}) over (
            partition by item_key
            order by is_in_items desc, line_count desc, spelling asc
        ) as item_id
    from spellings_keyed
),

service_keys as (
    select distinct spellings_ranked.item_key
    from spellings_ranked
    inner join service_codes
        on
            case
                when service_codes.match_kind = 'exact' then spellings_ranked.item_key
                else left(spellings_ranked.item_key, length(service_codes.code))
            end = service_codes.code
            and (
                service_codes.item_name_word is null
                or spellings_ranked.item_name
                like '%' || service_codes.item_name_word || '%'
            )
),

final as (
    select
        spellings_ranked.spelling,
        spellings_ranked.item_key,
        spellings_ranked.item_id,
        service_keys.item_key is not null as is_service_code
    from spellings_ranked
    left join service_keys
        on spellings_ranked.item_key = service_keys.item_key
)

select * from final
