{{ pm_accepted_rows('items', ref('stg_pm__items_checked')) }}
