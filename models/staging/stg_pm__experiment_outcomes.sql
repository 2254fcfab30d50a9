{{ pm_accepted_rows(
    'experiment_outcomes', ref('stg_pm__experiment_outcomes_checked')
) }}
