{{ pm_accepted_rows('contacts', ref('stg_pm__contacts_checked')) }}
