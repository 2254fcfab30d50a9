{{ pm_accepted_rows('customers', ref('stg_pm__customers_checked')) }}
