{{ pm_checked_input('items') }}
