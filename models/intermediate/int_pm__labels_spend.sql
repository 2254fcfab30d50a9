with final as (
    {{ pm_labels_of_windows('spend') }}
)

select * from final
