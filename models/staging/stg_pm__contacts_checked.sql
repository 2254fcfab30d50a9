{{ pm_checked_input('contacts') }}
