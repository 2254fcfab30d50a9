{{ pm_accepted_rows('reviews', ref('stg_pm__reviews_checked')) }}
