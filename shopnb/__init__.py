"""shopnb: the files that a shop exports anyway, turned into decisions."""
