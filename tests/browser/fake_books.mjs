// What the stand-in server teaches: two books that do not exist, a lesson of four steps, and a page of all the marks.

import { pageText, pdf, withSpans } from "./fake_pdf.mjs";

export const BOOKS = [
  { id: "stream-handbook", title: "Stream Handbook", file_name: "stream-handbook.pdf", num_pages: 39, num_chunks: 96,
    topics: ["Introduction", "Why you should use streams", "Readable streams", "Writable streams", "Transform streams", "Duplex streams", "Pipes in the terminal"] },
  { id: "physics-question-library", title: "Physics Question Library: Motion, Forces and Energy", file_name: "physics-question-library.pdf", num_pages: 214, num_chunks: 530,
    topics: ["Velocity and acceleration", "Newton's laws of motion", "Energy of a falling body", "Waves and sound"] },
  { id: "nuts-and-bolts", title: "Aviation Maintenance: Aircraft Nuts", file_name: "nuts-and-bolts.pdf", num_pages: 18, num_chunks: 44, topics: ["Self-locking nuts", "Safety wire"] },
];

const cite = (page, quote, book = BOOKS[0]) => ({
  book: book.file_name, title: book.title, page, page_label: String(page), quote, url: `/api/books/${book.id}/file#page=${page}`,
});

export const CITATIONS = [
  withSpans(cite(5, "Readable streams produce data that can be fed into a writable, transform, or duplex stream by calling .pipe()."), BOOKS[0]),
  cite(7, "Whenever data is read from a source faster than it is written, the stream takes care of back-pressure by itself."),
  { ...cite(12, "A body at rest stays at rest unless a force acts on it.", BOOKS[1]), page_label: "iv" },
  { ...cite(3, "Self-locking nuts hold by themselves.", BOOKS[2]), page_label: "7-12" },
];

const QUOTE = "> Streams come to us from the earliest days of unix and have proven themselves over the decades as a dependable way to compose large systems out of small components that do one thing well.";

export const LESSON = {
  title: "Streams",
  simpler: "Think of a stream as **water in a pipe**. The water does not come all at once: it comes little by little, and you can use each drop as it comes (p. 5).",
  answer: "**Back-pressure** is how a slow reader tells a fast writer to wait. The book says that the stream does this by itself [2], so nothing is lost and memory does not fill up (p. 7).",
  steps: [
    { text: `A **stream** hands over data piece by piece, so that a program can begin before all of it is there (p. 5).\n\n${QUOTE}\n\nWhen you are ready, say *continue*.`, citations: [CITATIONS[0]] },
    { text: "A **readable** stream gives data. You join it to the next one with `.pipe()` [1]. The joined streams then keep the same pace [2].", citations: CITATIONS.slice(0, 2) },
    { text: "A **writable** stream takes data, and nothing comes out of it again [1].", citations: [CITATIONS[0]] },
    { text: "A **transform** stream does both: what goes in comes out changed [1]. That was the last step. Well done!", citations: [CITATIONS[0]] },
  ],
};

export const MARKDOWN = `### Headings stand out

Words can be **bold**, *italic* or \`code\`, and 2*3*4 is a product. <img src=x onerror="document.title='broken'"> is only text.

> A quotation from the book, as it is printed.

- One thing [1]
- Another (p. 7)
- In the handbook (Aircraft Nuts, p. 7-12)
- Not one of ours (p. 99)

1. First
2. Then [3]

\`\`\`
fs.createReadStream("in.txt").pipe(process.stdout);
\`\`\`

הזרם מגיע לאט לאט.`;

/** The bytes of a book's file; those of the last book are broken after their beginning. */
export function fileOf(id) {
  const book = BOOKS.find((one) => one.id === id);
  return book === BOOKS[2] ? Buffer.from("%PDF-1.4\nthe rest of this file is lost") : pdf(book, CITATIONS);
}

/** A page as `/api/books/{id}/pages/{page}` tells it, or null. */
export function pageOf(id, page) {
  const book = BOOKS.find((one) => one.id === id);
  return book && page >= 1 && page <= book.num_pages ? { page, page_label: String(page), text: pageText(book, page, CITATIONS) } : null;
}
