{{ pm_checked_input('touchpoints') }}
