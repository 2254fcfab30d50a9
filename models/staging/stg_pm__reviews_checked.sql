{{ pm_checked_input('reviews') }}
