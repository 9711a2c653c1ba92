"""The sample shop: one simulated world, and the export files written from it.

`catalogue` and `plan` say what the shop is and what happens to it; `world` draws the days; every other module
writes one kind of file from the world and adds no sales, visitors or refunds of its own.
"""
