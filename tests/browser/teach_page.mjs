// What the tests of the teacher's page do with it, and how they drive the stand-in behind it.

/** A file that begins as a PDF does. */
export const pdf = (name) => ({ name, mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n%%EOF\n") });

/** Chooses files by the button. */
export async function chooser(page, files) {
  const [dialog] = await Promise.all([page.waitForEvent("filechooser"), page.locator(".drop button").click()]);
  await dialog.setFiles(files);
}

export class TeachPage {
  constructor(page, server) {
    this.page = page;
    this.server = new URL("/test/teach", server);
  }

  /** Changes the class behind the page. */
  drive(world) {
    return fetch(this.server, { method: "POST", body: JSON.stringify(world) });
  }

  /** What the page asked of the server, in order. */
  async asked() {
    return (await fetch(this.server)).json();
  }

  live() {
    return this.page.locator('#connection[data-state="open"]').waitFor();
  }

  async signIn(password) {
    await this.page.locator(".gate-card input").fill(password);
    await this.page.locator(".gate-card input").press("Enter");
  }

  /** The words of what went wrong in a form. */
  async trouble() {
    const line = this.page.locator(".trouble-line:not([hidden])").first();
    await line.waitFor();
    return line.innerText();
  }

  /** Waits for the strip to say these words, and puts it away. */
  async told(words) {
    await this.page.locator("#toast-words", { hasText: words }).waitFor();
    await this.page.locator("#toast-close").click();
  }

  filter(value) {
    return this.page.locator(`.view:not([hidden]) .filter[data-value="${value}"]`);
  }

  /** The names on the first tiles. */
  async names(count) {
    return (await this.page.locator(".tile-name").allInnerTexts()).slice(0, count);
  }

  async openStudent(name) {
    await this.page.locator(".tile", { hasText: name }).click();
    await this.page.locator(".said").first().waitFor();
  }

  /** Presses Tab until this has the focus. */
  async tabTo(selector, back = false) {
    for (let press = 0; press < 150; press += 1) {
      if (await this.page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      await this.page.keyboard.press(back ? "Shift+Tab" : "Tab");
    }
    throw new Error(`Tab does not come to ${selector}`);
  }
}
