with final as (
    {{ pm_labels_of_windows(
        'purchase', 'case when label_windows.order_count > 0 then 1 else 0 end'
    ) }}
)

select * from final
