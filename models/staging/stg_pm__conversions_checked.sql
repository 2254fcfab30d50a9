{{ pm_checked_input('conversions') }}
