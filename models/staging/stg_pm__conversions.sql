{{ pm_accepted_rows('conversions', ref('stg_pm__conversions_checked')) }}
