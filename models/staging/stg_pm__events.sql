{{ pm_accepted_rows('events', ref('stg_pm__events_checked')) }}
