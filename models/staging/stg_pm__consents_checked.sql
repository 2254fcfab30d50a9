{{ pm_checked_input('consents') }}
