with final as (
    {{ pm_labels_of_windows('purchase') }}
)

select * from final
