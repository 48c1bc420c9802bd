// The books of the stand-in as files: PDFs of plain pages with the cited words on them, wrapped in mid-word as books do.

const LINE = 62;
const FILLER = "This page stands in for a page of a book. It has a few lines before the words that matter, so that a reader has to look for them, and a few after them.";

/** The sentences of a page: those that are cited there, between others. */
function sentences(book, page, cited) {
  return [`${book.title}, page ${page}.`, FILLER, ...cited.filter((one) => one.book === book.file_name && one.page === page).map(({ quote }) => quote), FILLER];
}

/** The text of a page as the server tells it, a line for each sentence. */
export function pageText(book, page, cited) {
  return sentences(book, page, cited).join("\n");
}

/** A citation with its spans in that text. */
export function withSpans(citation, book) {
  const start = pageText(book, citation.page, [citation]).indexOf(citation.quote);
  return { ...citation, spans: [{ start, end: start + citation.quote.length }] };
}

/** The bytes of the book's PDF; ranges of it can be read on their own. */
export function pdf(book, cited) {
  const objects = ["<</Type/Catalog/Pages 2 0 R>>", null, "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>"];
  const kids = [];
  for (let page = 1; page <= book.num_pages; page += 1) {
    const lines = sentences(book, page, cited).flatMap((sentence) => [...wrapped(sentence), ""]);
    const stream = `0.2 0.4 0.6 rg 40 560 100 6 re f 0 g BT /F1 12 Tf 16 TL 40 530 Td ${lines.map((line) => `(${line.replace(/[\\()]/g, "\\$&")}) Tj T*`).join(" ")} ET`;
    objects.push(`<</Length ${stream.length}>>stream\n${stream}\nendstream`);
    objects.push(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents ${objects.length} 0 R/Resources<</Font<</F1 3 0 R>>>>>>`);
    kids.push(`${objects.length} 0 R`);
  }
  objects[1] = `<</Type/Pages/Kids[${kids.join(" ")}]/Count ${kids.length}>>`;
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj${object}endobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.from(`${body}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`, "latin1");
}

/** Lines of a fixed length; a word that does not fit is cut, with a hyphen. */
function wrapped(sentence) {
  const lines = [];
  let rest = sentence;
  while (rest.length > LINE) {
    const inWord = /\w/.test(rest[LINE - 1]) && /\w/.test(rest[LINE]);
    lines.push(rest.slice(0, LINE) + (inWord ? "-" : ""));
    rest = rest.slice(LINE);
  }
  return [...lines, rest];
}
