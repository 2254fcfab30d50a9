{{ pm_checked_input('events') }}
