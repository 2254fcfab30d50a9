{{ pm_checked_input('erasures') }}
