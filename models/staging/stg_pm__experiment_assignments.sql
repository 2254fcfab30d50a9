{{ pm_accepted_rows(
    'experiment_assignments', ref('stg_pm__experiment_assignments_checked')
) }}
