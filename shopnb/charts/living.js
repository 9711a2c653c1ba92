// A living chart in a notebook: as wide as its place, and a box drawn on it is told to the kernel. It is the front end
// of Altair's JupyterChart (spec, embed_options, debounce_wait, _vl_selections); tools/living_chart.py bundles it with
// vega-embed and lodash's debounce into living.js.gz.

const FITTED = { type: "fit-x", contains: "padding" };
const NAME_WIDTH = 190; // of one name in a legend, where it must not be cut

function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

// Names of a legend stand side by side only where there is room for it.
function roomy(spec, width) {
  const columns = Math.max(1, Math.floor(width / NAME_WIDTH));
  for (const { encoding = {} } of spec.layer) {
    for (const { legend } of Object.values(encoding)) {
      if (legend?.columns > columns) legend.columns = columns;
    }
  }
  return spec;
}

function told(model, view, name) {
  const wait = model.get("debounce_wait");
  const tell = (_, value) => {
    const store = plain(view.data(`${name}_store`) ?? []);
    model.set("_vl_selections", { ...model.get("_vl_selections"), [name]: { value: plain(value), store } });
    model.save_changes();
  };
  view.addSignalListener(name, lodashDebounce(tell, wait, { leading: false, trailing: true }));
}

function render({ model, el }) {
  let width = 0; // a place has none until it is shown
  let drawn = null;
  let last = Promise.resolve();

  async function draw() {
    const spec = model.get("spec");
    if (!width || !spec) return;
    drawn?.finalize();
    const wide = { ...roomy(plain(spec), width), width, autosize: FITTED };
    drawn = await vegaEmbed(el, wide, plain(model.get("embed_options")));
    Object.keys(model.get("_vl_selections")).forEach((name) => told(model, drawn.view, name));
  }

  async function fit() {
    if (drawn) await drawn.view.width(width).runAsync();
    else await draw();
  }

  const next = (step) => {
    last = last.then(step).catch((error) => el.replaceChildren(String(error)));
  };
  const seen = new ResizeObserver(() => {
    if (!el.clientWidth || el.clientWidth === width) return;
    width = el.clientWidth;
    next(fit);
  });
  seen.observe(el);
  const redraw = () => next(draw);
  model.on("change:spec", redraw);
  return () => {
    seen.disconnect();
    model.off("change:spec", redraw);
    drawn?.finalize();
  };
}

export default { render };
