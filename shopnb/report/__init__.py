"""Executed notebooks to one offline HTML file each, the pages around them, and the checks before publishing.

Belongs here: the nbconvert exporter, SVG twins, the page template, failure page, batch index, page checks. The modules
are imported where they are used: nbconvert alone costs over a second.
"""
