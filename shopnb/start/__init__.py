"""The start page: from files in a folder to reports on the screen, without a line of code.

Belongs here: the panels of `notebooks/00_start_here.ipynb`. They call the intake that `shopnb import` calls, run
`shopnb run` itself, and write into the tables and settings that people could edit by hand: there is no second way.
Headless every panel shows its static twin and makes no widget.
"""
