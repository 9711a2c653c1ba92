// Files by a click or by dropping them, sent to the kernel a piece at a time: the page shows how far it is, and no
// limit of the connection cuts a file off.
const PIECE = 4_000_000;

function render({ model, el }) {
  const made = (kind, look) => Object.assign(document.createElement(kind), { className: look });
  const box = made("div", "nb-start-drop");
  const button = made("button", "jupyter-widgets jupyter-button widget-button mod-primary");
  const input = Object.assign(made("input", ""), { type: "file", multiple: true, hidden: true });
  const said = made("span", "nb-start-drop-said");
  const bar = Object.assign(made("progress", ""), { hidden: true, max: 1 });
  box.append(button, input, bar, said);
  el.append(box);
  let busy = false;
  let taken = () => {};

  const rest = () => {
    const words = model.get("words");
    button.replaceChildren(made("i", "fa fa-upload"), ` ${words.button}`);
    input.accept = model.get("accept");
    button.disabled = busy || model.get("disabled");
    bar.hidden = !busy;
    if (!busy) said.textContent = words.drop;
  };
  const tell = (content, pieces = []) =>
    new Promise((resolve) => {
      taken = resolve;
      model.send(content, undefined, pieces);
    });
  const send = async (file, number, count) => {
    await tell({ kind: "begin", name: file.name });
    for (let at = 0; at < file.size; at += PIECE) {
      const going = model.get("words").going;
      said.textContent = going.replace("#1", number).replace("#2", count).replace("#3", file.name);
      bar.value = (number - 1 + at / file.size) / count;
      await tell({ kind: "piece" }, [await file.slice(at, at + PIECE).arrayBuffer()]);
    }
    await tell({ kind: "end" });
  };
  const hand = async (files) => {
    if (busy || model.get("disabled") || !files.length) return;
    busy = true;
    rest();
    const large = files.filter((file) => file.size > model.get("most"));
    const sent = files.filter((file) => !large.includes(file));
    const unread = [];
    for (const [place, file] of sent.entries()) {
      try {
        await send(file, place + 1, sent.length);
      } catch {
        unread.push(file); // a folder, or a file that went away
      }
    }
    busy = false;
    rest();
    const names = (some) => some.map((file) => file.name);
    model.send({ kind: "all", large: names(large), unread: names(unread) });
  };
  const over = (on) => (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    box.classList.toggle("nb-start-drop-over", on);
  };

  button.onclick = () => input.click();
  input.onchange = () => {
    const files = [...input.files];
    input.value = "";
    hand(files);
  };
  box.addEventListener("dragenter", over(true));
  box.addEventListener("dragover", over(true));
  box.addEventListener("dragleave", over(false));
  box.addEventListener("drop", (event) => {
    over(false)(event);
    hand([...event.dataTransfer.files]);
  });
  model.on("msg:custom", () => taken());
  model.on("change:words", rest);
  model.on("change:disabled", rest);
  rest();
}

export default { render };
