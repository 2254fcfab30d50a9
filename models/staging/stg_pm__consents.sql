{{ pm_accepted_rows('consents', ref('stg_pm__consents_checked')) }}
