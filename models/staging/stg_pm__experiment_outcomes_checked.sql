{{ pm_checked_input('experiment_outcomes') }}
