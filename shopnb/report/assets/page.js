// Brings the charts alive: unpacks Vega and the specifications, draws, then takes the SVG away. On any trouble the SVG stays.
(async () => {
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  if (typeof DecompressionStream === "undefined") return;
  const unpack = async (id) => {
    const coded = atob(document.getElementById(id).textContent.trim());
    const bytes = Uint8Array.from(coded, (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const tip = document.createElement("div");
  tip.className = "nb-tip";
  document.body.append(tip);
  const show = (_, event, item, value) => {
    if (value === null || value === undefined || value === "") { tip.style.display = "none"; return; }
    const pairs = typeof value === "object" ? Object.entries(value) : [["", value]];
    tip.replaceChildren(...pairs.filter(([, v]) => v !== "" && v !== "null").map(([k, v]) => {
      const line = document.createElement("div");
      const name = document.createElement("b");
      name.textContent = k;
      line.append(name, String(v));
      return line;
    }));
    const at = event.changedTouches ? event.changedTouches[0] : event;
    tip.style.display = "block";
    const left = Math.min(at.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 6);
    const above = at.clientY + 16 + tip.offsetHeight > innerHeight;
    tip.style.left = Math.max(6, left) + "px";
    tip.style.top = (above ? at.clientY - tip.offsetHeight - 12 : at.clientY + 16) + "px";
  };
  addEventListener("scroll", () => { tip.style.display = "none"; }, { passive: true });
  let drawn = 0;
  try {
    const [code, specs] = await Promise.all([unpack("vega"), unpack("specs")]);
    new Function(code).call(globalThis);
    for (const [id, spec] of Object.entries(JSON.parse(specs))) {
      const box = document.getElementById(id);
      const place = document.createElement("div");
      place.className = "nb-live";
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", spec.description || "");
      place.style.cssText = "height:0;overflow:hidden";
      box.append(place);
      try {
        const view = new vega.View(vega.parse(spec), { renderer: "svg", container: place, hover: true, tooltip: show, logLevel: vega.None });
        await view.runAsync();
        box.querySelector(":scope > svg").remove();
        place.style.cssText = "";
        drawn += 1;
      } catch (error) { place.remove(); }
      await new Promise((next) => setTimeout(next));
    }
  } catch (error) { /* the SVGs stay */ }
  document.documentElement.dataset.charts = drawn;
})();
