with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
    where algorithm = 'bayesian_network'
),

parents as (
    select
        nodes.model_version,
        nodes.target,
        nodes.fold,
        nodes.feature,
        above.feature as parent_feature
    from model_parameters as nodes
    left join model_parameters as above
        on
            nodes.model_version = above.model_version
            and nodes.value = above.position
            and above.component = 'parent'
    where nodes.component = 'parent'
),

-- Bin 0 is no value; bin b > 0 begins at the feature's b-th edge.
edges as (
    select
        model_version,
        feature,
        row_number() over (
            partition by model_version, feature order by position
        ) as bin,
        case when value > -1e300 then value end as lower,
        lead(value) over (
            partition by model_version, feature order by position
        ) as upper
    from model_parameters
    where component = 'bin_edge'
),

bins_counted as (
    select
        model_version,
        feature,
        count(*) + 1 as bin_count
    from edges
    group by model_version, feature
),

cells as (
    select
        model_version,
        feature,
        value as probability,
        row_number() over (partition by model_version, feature order by position) - 1
            as cell
    from model_parameters
    where component = 'conditional_probability'
),

cells_placed as (
    select
        cells.model_version,
        parents.target,
        parents.fold,
        cells.feature,
        parents.parent_feature,
        cells.probability,
        cells.cell % 2 as label,
        cast(floor(cells.cell / cast(2 as double)) as bigint)
        % coalesce(bins_counted.bin_count, 1) as parent_bin,
        cast(
            floor(
                cells.cell / cast(2 * coalesce(bins_counted.bin_count, 1) as double)
            )
            as bigint
        ) as bin
    from cells
    inner join parents
        on
            cells.model_version = parents.model_version
            and cells.feature = parents.feature
    left join bins_counted
        on
            cells.model_version = bins_counted.model_version
            and parents.parent_feature = bins_counted.feature
),

final as (
    select
        cells_placed.model_version,
        cells_placed.target,
        cells_placed.fold,
        cells_placed.feature,
        cast(cells_placed.bin as integer) as bin,
        edges.lower,
        edges.upper,
        cells_placed.parent_feature,
        cast(cells_placed.parent_bin as integer) as parent_bin,
        cast(cells_placed.label as integer) as label,
        cells_placed.probability
    from cells_placed
    left join edges
        on
            cells_placed.model_version = edges.model_version
            and cells_placed.feature = edges.feature
            and cells_placed.bin = edges.bin
)

select * from final
