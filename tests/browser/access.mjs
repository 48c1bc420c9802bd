// What every page must keep so that everyone can use it: names, targets, contrast, one heading order, no sideways scroll.
// Runs inside the page; returns what is wrong, in words.

export function accessFaults() {
  const faults = [];
  const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const name = (element) => (element.getAttribute("aria-label")
    ?? [...(element.getAttribute("aria-labelledby") ?? "").split(" ")].map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim())
    || element.labels?.[0]?.textContent || element.textContent || element.title;
  const show = (element) => `<${element.localName}${element.id ? ` id=${element.id}` : ""} class="${element.className}"> “${element.textContent.trim().slice(0, 40)}”`;

  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids.filter((id, index) => ids.indexOf(id) !== index)) faults.push(`two elements are #${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        if (visible(element) && !document.getElementById(id)) faults.push(`${show(element)}: ${attribute} names #${id}, which is not there`);
      }
    }
  }
  for (const element of document.querySelectorAll("button, a[href], input, textarea, select, [role=button], progress, dialog[open], [role=log], section[aria-label]")) {
    if (visible(element) && !name(element)?.trim()) faults.push(`${show(element)} has no name`);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`${show(image)} has no alt`);
  for (const element of document.querySelectorAll("[tabindex]")) {
    if (Number(element.getAttribute("tabindex")) > 0) faults.push(`${show(element)} has a positive tabindex`);
  }
  for (const element of document.querySelectorAll("button, a[href]")) {
    // A mark inside a sentence may be as small as the words around it.
    if (!visible(element) || element.closest(".words")) continue;
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) < 43.5) faults.push(`${show(element)} is ${width.toFixed(0)} x ${height.toFixed(0)}: too small for a finger`);
  }
  for (const element of document.querySelectorAll("textarea, input")) {
    if (parseFloat(getComputedStyle(element).fontSize) < 16) faults.push(`${show(element)}: letters under 16 px make a phone zoom`);
  }
  for (const element of [document.documentElement, ...document.querySelectorAll("#scroller, .sheet-body")]) {
    if (visible(element) && element.scrollWidth > element.clientWidth + 1) faults.push(`${show(element)} scrolls sideways`);
  }

  const numbers = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, a } = numbers(getComputedStyle(at).backgroundColor);
      if (a >= 0.99) return rgb;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.querySelector("dialog[open]") ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !visible(element) || element.closest(".unseen, [aria-hidden=true].ornament, :disabled, script, style")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const [high, low] = [luminance(numbers(style.color).rgb), luminance(ground(element))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed) faults.push(`${show(element)}: contrast ${ratio.toFixed(2)}, needs ${needed}`);
  }
  return faults;
}
