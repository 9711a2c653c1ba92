"""What a page hands to the exporter, as small as can be; the notebooks here are run in this folder and import it."""

from IPython.display import display


def emit(slug, end, lang, **parameters):
    """Emit a record and a page that says "All quiet"."""
    record = {
        "report": slug,
        "title": "Title",
        "shop": "shop",
        "lang": lang,
        "period": {"start": None, "end": end, "compare": None},
        "verdict": "All quiet",
        "parameters": parameters,
        "inputs": [],
        "figures": {},
        "findings": [],
        "health": [],
        "versions": {},
    }
    page = {
        "slug": slug,
        "lang": lang,
        "title": "Title",
        "description": "Quiet",
        "screen": "<p>All quiet</p>",
        "sections": [],
        "health": "",
        "methods": "",
        "footer": "",
        "sample": False,
    }
    display({"application/vnd.shopnb.record+json": {"record": record, "page": page}}, raw=True)
