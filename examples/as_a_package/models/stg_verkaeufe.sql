select
    bon_nr,
    position,
    kunden_nr,
    cast(zeitpunkt as timestamp) as zeitpunkt,
    artikel_nr,
    menge,
    cast(replace(einzelpreis, ',', '.') as decimal(10,2)) as einzelpreis,
    vertriebsweg,
    kasse,
    storno
from {{ ref('kassenbons') }}
