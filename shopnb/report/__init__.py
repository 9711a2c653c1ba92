"""Executed notebooks to one offline HTML file each, the pages around them, and the checks before publishing.

Belongs here: the nbconvert exporter (`report.exporter`), the page (`report.page`), SVG twins (`report.svg`), page
checks (`report.check`), and the two pages of a batch. Modules that load nbconvert or vl-convert are imported where
they are used: they cost over a second.
"""

from shopnb.report.batch import failure_page, index_page

__all__ = ["failure_page", "index_page"]
