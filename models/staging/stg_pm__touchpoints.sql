{{ pm_accepted_rows('touchpoints', ref('stg_pm__touchpoints_checked')) }}
