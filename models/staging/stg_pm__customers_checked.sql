{{ pm_checked_input('customers') }}
