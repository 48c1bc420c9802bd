// The colours of the pages, computed from the style sheets: letters have 4.5 to 1 against their ground, drawings and edges
// that say something 3 to 1, by day and by night.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../src/server/web/", import.meta.url);
const css = ["style.css", "teach.css", "teach_views.css"].map((name) => readFileSync(new URL(name, web), "utf8")).join("\n");

/** The `--name: #rrggbb` of all `:root` blocks; those of the dark scheme over those of the light one. */
function tokens(scheme) {
  const dark = /@media \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}/g;
  const colours = (text) => [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]);
  const day = colours(css.replace(dark, ""));
  const night = [...css.matchAll(dark)].flatMap(([, block]) => colours(block));
  return Object.fromEntries(scheme === "dark" ? [...day, ...night] : day);
}

function contrast(one, other) {
  const luminance = (hex) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const LETTERS = [
  ["ink", "desk"], ["ink", "paper"], ["ink", "wash"], ["ink", "slip"], ["faint", "desk"], ["faint", "paper"], ["faint", "wash"],
  ["green", "desk"], ["green", "paper"], ["red", "desk"], ["red", "paper"], ["red", "wash"], ["on-green", "green"], ["on-green", "green-deep"], ["on-red", "red"],
  ["on-heat", "heat-0"], ["on-heat", "heat-1"], ["on-heat", "heat-2"], ["on-heat", "heat-3"], ["on-heat-4", "heat-4"],
];
const DRAWINGS = [["gold", "paper"], ["green", "paper"], ["red", "wash"], ["edge", "paper"], ["edge", "desk"], ["faint", "desk"]];

for (const scheme of ["light", "dark"]) {
  test(`contrast, ${scheme}`, () => {
    const colours = tokens(scheme);
    const faults = [[LETTERS, 4.5], [DRAWINGS, 3]].flatMap(([pairs, needed]) => pairs.flatMap(([one, other]) => {
      assert.ok(colours[one] && colours[other], `--${one} and --${other} are in the style sheets`);
      const ratio = contrast(colours[one], colours[other]);
      return ratio < needed ? [`--${one} on --${other}: ${ratio.toFixed(2)}, needs ${needed}`] : [];
    }));
    assert.deepEqual(faults, []);
  });
}
