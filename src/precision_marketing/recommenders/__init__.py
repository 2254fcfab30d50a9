"""What each customer may want next: single methods, and a blend of them.

`knowledge` holds what was known on a day, `sparse` the two products everything is made
of, `similarities` and `content` which items are alike, `neighbours` the tables of them,
`users` which customers are alike, `methods` what each method says of a customer and an
item, `blend` how much each method counts, and `lists` the tables.
"""
