// Where the words of a quote stand among the pieces of text of a drawn page. Pure: knows no DOM.
//
// A book's text and the text that a page is drawn with differ in spaces, line ends, hyphens at line ends, ligatures and
// marks; their letters and numbers do not. So only these are compared.

/** What a quote's parts are joined with. */
const JOINT = " … ";
/** A part with fewer letters than this stands in too many places to be pointed at on its own. */
const MIN_LETTERS = 8;

/** The letters and numbers of a text, folded, and for each the place it came from. */
function letters(text) {
  const folded = [];
  const places = [];
  let at = 0;
  for (const symbol of text) {
    for (const letter of symbol.normalize("NFKD").toLowerCase()) {
      if (!/[\p{L}\p{N}]/u.test(letter)) continue;
      folded.push(letter);
      places.push([at, at + symbol.length]);
    }
    at += symbol.length;
    // A vowel sign or an accent that stands by itself belongs to the letter before it.
    if (/^\p{M}$/u.test(symbol) && places.length) places.at(-1)[1] = at;
  }
  return { folded, places };
}

/** The parts of a quote: as the spans cut them out of the page's text where these are known, else at the joints. */
export function quoteParts(quote, pageText, spans) {
  if (pageText && spans?.length) {
    // Spans count characters; a string counts some of them twice.
    const characters = [...pageText];
    const parts = spans.map(({ start, end }) => characters.slice(start, end).join("")).filter((part) => part.trim());
    if (parts.length) return parts;
  }
  return quote.split(JOINT).filter((part) => part.trim());
}

/**
 * Where the parts stand in the pieces: `[{ piece, start, end }]`, offsets in that piece, in reading order; empty where
 * nothing fits. A part that is not there whole is marked as far as its beginning and its end are found.
 */
export function findParts(pieces, parts) {
  const all = { text: "", piece: [], start: [], end: [] };
  pieces.forEach((piece, index) => {
    const { folded, places } = letters(piece);
    folded.forEach((letter, at) => {
      // One unit of a string for each letter, so that places can be counted.
      const units = letter.length;
      all.text += letter;
      for (let unit = 0; unit < units; unit += 1) {
        all.piece.push(index);
        all.start.push(places[at][0]);
        all.end.push(places[at][1]);
      }
    });
  });
  const found = [];
  let after = 0;
  for (const part of parts) {
    const wanted = letters(part).folded.join("");
    const range = rangeOf(all.text, wanted, after);
    if (!range) continue;
    after = range[1];
    found.push(...split(all, range, pieces));
  }
  return found;
}

/** Begin and end of the wanted letters: whole, else from the first half's place to the second half's, else null. */
function rangeOf(text, wanted, after) {
  if (!wanted) return null;
  const place = (what, from = 0) => {
    const next = text.indexOf(what, Math.max(after, from));
    return next >= 0 ? next : text.indexOf(what, from);
  };
  const whole = place(wanted);
  if (whole >= 0) return [whole, whole + wanted.length];
  if (wanted.length < MIN_LETTERS * 3) return null;
  const size = Math.max(MIN_LETTERS, Math.floor(wanted.length / 4));
  const [head, tail] = [wanted.slice(0, size), wanted.slice(-size)];
  const begin = place(head);
  if (begin >= 0) {
    const end = text.indexOf(tail, begin + size);
    // The words between may be drawn a little differently, but not be twice as many.
    if (end >= 0 && end + size - begin < wanted.length * 1.5 + MIN_LETTERS) return [begin, end + size];
    return [begin, begin + common(text, wanted, begin)];
  }
  const end = place(tail);
  return end >= 0 ? [end, end + size] : null;
}

/** How many letters are the same from `begin` on. */
function common(text, wanted, begin) {
  let same = 0;
  while (same < wanted.length && text[begin + same] === wanted[same]) same += 1;
  return same;
}

/** A range of all letters as ranges of the pieces it goes through; the marks that close a sentence go with it. */
function split(all, [begin, end], pieces) {
  const ranges = [];
  for (let at = begin; at < end; at += 1) {
    const last = ranges.at(-1);
    if (last?.piece === all.piece[at]) last.end = Math.max(last.end, all.end[at]);
    else ranges.push({ piece: all.piece[at], start: all.start[at], end: all.end[at] });
  }
  const last = ranges.at(-1);
  last.end += /^[^\s\p{L}\p{N}]*/u.exec(pieces[last.piece].slice(last.end))[0].length;
  return ranges;
}
