"""Bundle the living chart's front end with what it needs, so that a first box opens at once and without a network.

    python tools/living_chart.py

Writes `shopnb/charts/living.js.gz` from `shopnb/charts/living.js`. Vega, Vega-Lite, vega-embed and lodash come out of
vl-convert, in the versions that the installed Altair speaks; the bundle's first line says what it was made of. Run it
after a change of `living.js` and after an upgrade of Altair or vl-convert: a test compares that line.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import vl_convert
from altair.utils._importers import vl_version_for_vl_convert

CHARTS = Path(__file__).parents[1] / "shopnb" / "charts"


def stamp() -> str:
    """What a bundle made now is made of."""
    digest = hashlib.sha256((CHARTS / "living.js").read_text(encoding="utf-8").encode()).hexdigest()[:16]
    versions = f"vl-convert {vl_convert.__version__} · Vega-Lite {vl_version_for_vl_convert()}"
    return f"// living.js {digest} · {versions} · Vega {vl_convert.get_vega_version()}"


def main() -> None:
    """Write the bundle."""
    source = (CHARTS / "living.js").read_text(encoding="utf-8")
    bundled = vl_convert.javascript_bundle(source, vl_version=vl_version_for_vl_convert())
    file = CHARTS / "living.js.gz"
    file.write_bytes(gzip.compress(f"{stamp()}\n{bundled}".encode(), 9, mtime=0))
    print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
