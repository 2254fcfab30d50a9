-- The shop's own calendar. MetricFlow takes one, so the package's is switched off.
select cast(unnest(generate_series(
    (select min(cast(zeitpunkt as date)) from {{ ref('stg_verkaeufe') }}),
    (select max(cast(zeitpunkt as date)) from {{ ref('stg_verkaeufe') }}),
    interval 1 day
)) as date) as tag
