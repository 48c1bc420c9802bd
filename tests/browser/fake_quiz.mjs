// The questions and the progress that the stand-in server tells of: one question of each kind, judged by their words alone.

import { BOOKS, CITATIONS } from "./fake_books.mjs";

const HINTS = ["Read page 5 again: look for the word **pipe**.", "It begins with the letter *p*.", "“…calling .p____().”", "The answer is on page 5: *pipe* (p. 5)."];

const QUESTIONS = [
  { kind: "cloze", prompt: "A readable stream is joined to the next one by calling .____().", right: "pipe" },
  { kind: "choice", prompt: "Which stream takes data, and gives nothing back?", options: ["A readable stream", "A writable stream", "A transform stream", "A duplex stream"], right: "B" },
  { kind: "order", prompt: "Put the way of the data in order.", options: ["The writable stream takes it", "The readable stream gives it", "The transform stream changes it"], right: "2 3 1" },
  { kind: "match", prompt: "Match each word with its meaning.", terms: ["readable", "writable", "transform"], options: ["takes data", "gives data", "changes data"], right: "1b 2a 3c" },
  { kind: "short", prompt: "What is back-pressure?", right: "a slow reader tells a fast writer to wait" },
];

const asked = (quiz, result) => {
  const { kind, prompt, options = [], terms = [] } = QUESTIONS[quiz.at];
  const { purpose, attempts, hints, num_right } = quiz;
  const check = purpose === "check";
  return { purpose, number: check ? 1 : quiz.at + 1, total: check ? 1 : QUESTIONS.length, kind, prompt, options, terms, attempts, hints, num_right, result };
};

const plain = ({ prompt, options }, lettered) => [prompt, ...options.map((words, index) => `- ${lettered ? String.fromCharCode(65 + index) : index + 1}. ${words}`)].join("\n");

/** The words with the question before the student now, as a real server writes it for clients without cards. */
function ask(session, words, result = null, citations = []) {
  const quiz = asked(session.quiz, result);
  return { text: `${words}\n\n---\n\n${plain(quiz, quiz.kind !== "order")}`, quiz, citations };
}

function end(session, words) {
  session.quiz = null;
  return { text: words };
}

function next(session, words, result) {
  const { quiz } = session;
  if (quiz.purpose === "check" || quiz.at + 1 === QUESTIONS.length) return end(session, `${words} That was the last question: ${quiz.num_right} of ${quiz.at + 1 - quiz.first} right.`);
  Object.assign(quiz, { at: quiz.at + 1, attempts: 0, hints: 0 });
  return ask(session, words, result, [CITATIONS[0]]);
}

function begin(session, words, purpose, kind = "cloze") {
  const first = QUESTIONS.findIndex((question) => question.kind === kind);
  session.quiz = { purpose, at: first, first, attempts: 0, hints: 0, num_right: 0 };
  return ask(session, words);
}

/** The reply to a message about questions or progress; null where it is about something else. */
export function quizAnswer(session, content) {
  const kind = /^test:(choice|order|match)$/.exec(content)?.[1];
  if (content === "test:progress" || /^what do i know/i.test(content)) return { text: "This is how far you are.", progress: progress() };
  if (content === "test:quiz" || /^quiz me/i.test(content)) return begin(session, "Here is a short quiz.", "quiz");
  if (/^review$/i.test(content)) return begin(session, "Let us go over what you learned.", "review", "choice");
  if (content === "test:check") return begin(session, "Here is a question on this step.", "check", "choice");
  if (kind) return begin(session, "Try this one.", "quiz", kind);
  const { quiz } = session;
  if (quiz?.purpose === "check" && /^(continue|teach|explain|stop the lesson)/i.test(content)) session.quiz = null;
  if (!session.quiz) return null;
  if (/^stop the quiz/i.test(content)) return end(session, `We stop here: ${quiz.num_right} right.`);
  if (/^skip$/i.test(content)) return next(session, "We leave this one.", null);
  if (/^i don't know/i.test(content)) return next(session, `The answer is: ${QUESTIONS[quiz.at].right}.`, "shown");
  if (/^hint$/i.test(content)) {
    quiz.hints = Math.min(quiz.hints + 1, HINTS.length);
    return ask(session, HINTS[quiz.hints - 1]);
  }
  if (content.toLowerCase() === QUESTIONS[quiz.at].right.toLowerCase()) {
    quiz.num_right += 1;
    return next(session, "Yes: the book says the same (p. 5).", "right");
  }
  quiz.attempts += 1;
  return ask(session, "Look at the question once more.", /perhaps/.test(content) ? "unsure" : /half/.test(content) ? "partly" : "wrong");
}

export function progress() {
  const day = (days) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  const entry = (book, section, mastery, num_asked, num_right, due) => ({ book: book.file_name, title: book.title, section, mastery, num_asked, num_right, due });
  return [
    entry(BOOKS[0], "Introduction", 0.9, 5, 5, day(3)),
    entry(BOOKS[0], "Why you should use streams, and when a simple file is enough", 0.5, 4, 2, day(-2)),
    entry(BOOKS[0], "Readable streams", 0, 1, 0, null),
    entry(BOOKS[1], "Newton's laws of motion", 0.75, 8, 6, day(1)),
  ];
}
