{{ pm_checked_input('experiment_assignments') }}
