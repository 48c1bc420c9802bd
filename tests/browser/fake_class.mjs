// A class that does not exist: thirty students with names of many scripts, what they are doing, asked and know.

const NAMES = [
  "Asha", "आरव शर्मा", "فاطمة الزهراء", "李小龙", "Ben", "Chiamaka Okonkwo", "Đặng Thị Hương", "Émile", "Farah", "गौरी", "Hana", "Иван", "João", "Kwame", "김민준",
  "Maximiliana Wilhelmina von Hohenlohe-Öhr", "Lila", "מרים", "Nikos Παπαδόπουλος", "Omar", "Priya", "Quentin", "რუსუდან", "Sara", "தமிழ்செல்வி", "Uma", "محمد عبد الرحمن", "Wei", "Xochitl", "さくら",
];
const SECTIONS = ["Where the river begins", "Floods and silt", "Cities of brick", "Trade", "Weights and seals"];
const minutesAgo = (minutes) => `${new Date(Date.now() - minutes * 60000).toISOString().slice(0, 19)}Z`;

/** The students as a `class` frame tells of them. */
export function students() {
  return NAMES.map((name, index) => {
    const state = { 3: "stuck", 18: "stuck", 5: "waiting", 11: "waiting", 24: "waiting", 7: "writing", 9: "away", 13: "away", 29: "away" }[index] ?? "idle";
    const free = index % 9 === 4;
    return {
      client_id: `s-${String(index).padStart(2, "0")}`, name, connected: state !== "away", state,
      queue_position: state === "waiting" ? { 5: 3, 11: 1, 24: 2 }[index] : null,
      stuck: { 3: "needed 3 tries for one question", 18: "asked 4 times for simpler words" }[index] ?? null,
      mode: free ? "idle" : index % 7 === 6 ? "quiz" : "teaching", topic: free ? null : "The Indus",
      lesson: free ? null : { title: "The Indus", step: 1 + (index % 7), total: 7, reading_grade: 6.1 },
      section: free ? null : SECTIONS[index % 5], last_seen: minutesAgo(state === "away" ? 7 * (index + 1) : 0),
      num_messages: 3 + ((index * 7) % 20), num_not_in_books: index % 6 === 0 ? 1 + (index % 3) : 0,
    };
  });
}

/** The same class as its list of members. */
export function members(list) {
  return list.map(({ client_id, name, last_seen }, index) => ({ client_id, name, has_pin: index % 10 !== 8, created: "2026-11-02T08:00:00Z", last_seen }));
}

export const BOOKS = [
  { id: "indus", title: "The Indus: A River and Its Cities", file_name: "indus.pdf", num_pages: 214, num_chunks: 530, topics: ["The Indus", ...SECTIONS] },
  { id: "waves", title: "أمواج وصوت", file_name: "waves-and-sound.pdf", num_pages: 39, num_chunks: 96, topics: ["Waves", "Sound"] },
];

const page = (label) => ({ title: BOOKS[0].title, page_label: label, url: "/api/books/indus/file#page=12" });

export function questions() {
  return { groups: [
    { question: "What is silt?", count: 7, outcome: "answered", students: ["Asha", "आरव शर्मा", "فاطمة الزهراء", "李小龙", "Ben", "Uma", "Wei"], last: minutesAgo(3), pages: [page("12"), page("iv")] },
    { question: "Who is the president today?", count: 3, outcome: "not_in_books", students: ["Ben", "Omar", "Sara"], last: minutesAgo(50), pages: [] },
    { question: "لماذا يفيض النهر؟", count: 5, outcome: "near", students: ["فاطمة الزهراء", "Omar"], last: minutesAgo(9), pages: [page("13")] },
    { question: "How were bricks made, and why were all of them the same size in cities that lie hundreds of kilometres apart from each other?", count: 1, outcome: "answered", students: ["Chiamaka Okonkwo"], last: minutesAgo(1400), pages: [page("88")] },
    { question: "Is my phone watching me", count: 1, outcome: "not_in_books", students: ["Quentin"], last: minutesAgo(2), pages: [] },
  ] };
}

/** Thirty students by forty sections, a third of them not asked. */
export function mastery(list) {
  const sections = Array.from({ length: 40 }, (_, index) => {
    const { id, title } = BOOKS[index < 26 ? 0 : 1];
    return { book: id, title, section: index < 5 ? SECTIONS[index] : `${index - 3}. ${["Rain and snow in the high mountains", "Canals", "The great bath of Mohenjo-daro", "رحلة الصوت", "Boats"][index % 5]}` };
  });
  const cell = (row, column) => {
    const dice = (row * 7 + column * 13 + row * column) % 17;
    return dice < 5 ? null : { mastery: Math.min(1, (dice - 4) / 12), num_asked: 2 + (dice % 5), num_right: 1 + (dice % 2) };
  };
  return { sections, students: list.map(({ client_id, name }, row) => ({ client_id, name, cells: sections.map((_, column) => cell(row, column)) })) };
}

export function conversation(client_id) {
  const citation = { book: "indus.pdf", title: BOOKS[0].title, page: 12, page_label: "12", quote: "Silt is the fine mud that a river carries.", url: "/api/books/indus/file#page=12" };
  const messages = Array.from({ length: 30 }, (_, index) => index % 2
    ? { message_id: `m${index >> 1}`, role: "assistant", content: `**Silt** is fine mud that the river leaves behind (p. 12).\n\n> ${citation.quote}\n\n- it is rich\n- crops grow in it`, timestamp: minutesAgo(60 - index), citations: [citation] }
    : { message_id: `m${index >> 1}`, role: "user", content: `What is silt? (${index >> 1})`, timestamp: minutesAgo(60 - index) });
  return { client_id, created: minutesAgo(90), updated: minutesAgo(1), messages };
}

export function progress(client_id) {
  const sections = SECTIONS.map((section, index) => ({ book: "indus", title: BOOKS[0].title, section, mastery: index / 5, num_asked: 4, num_right: index, due: minutesAgo(-1500 * index) }));
  return { client_id, name: null, sections };
}
