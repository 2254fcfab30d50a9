{{ pm_accepted_rows('erasures', ref('stg_pm__erasures_checked')) }}
