with final as (
    {{ pm_labels_of_windows('spend', 'coalesce(label_windows.net_revenue, 0)') }}
)

select * from final
