import type { Page } from "@playwright/test";

import { ask, pattern, read, type Guide } from "./support/guide";
import { expectAccessible, expectNoSidewaysScroll, lookAt } from "./support/look";
import { Simulator } from "./support/simulator";
import { expect, test as base } from "./support/test";

// A simulator as the guides start one. Connections are changed here, which the other journeys must not meet: what lasts as long as
// a worker gives these one of their own, and with it a server.
const test = base.extend<{}, { simulator: Simulator }>({
  simulator: [
    async ({}, use) => {
      const simulator = await Simulator.start();
      await use(simulator);
      await simulator.stop();
    },
    { scope: "worker" },
  ],
});

test.describe.configure({ mode: "parallel" });
test.use({ permissions: ["clipboard-read", "clipboard-write"] });

/** The status with which a message ends, which addresses are shown to be told to the provider, and what ends an address. */
type Provider = { word: string; ends: string; doors: string[]; behind?: string };

const PROVIDERS: Provider[] = [
  { word: "twilio", ends: "Delivered", doors: ["status", "inbound"] },
  { word: "melipayamak", ends: "Delivered", doors: ["inbound"], behind: "?to=$TO$&from=$FROM$&body=$TEXT$" },
  { word: "every8d", ends: "Delivered", doors: ["status"] },
  { word: "mitake", ends: "Delivered", doors: ["status"] },
  { word: "sns", ends: "Sent, waiting for receipt", doors: [] },
];
const [TWILIO, , , MITAKE, SNS] = PROVIDERS;

test("a refused credential pauses a connection, says what to do, and the right one lets its message go on", async ({ page, simulator }) => {
  test.setTimeout(120_000);
  const guide = await read(TWILIO.word, simulator.listen);
  await openForm(page, TWILIO.word, guide);
  const name = await makeConnection(page, guide, "wrong token");
  const token = page.getByRole("textbox", { name: "Auth token", exact: true });
  await token.fill("wrong");
  await page.getByRole("button", { name: "Save connection" }).click();
  await expect(page.getByText("Connection saved.", { exact: true })).toBeVisible();
  const message = await sendTest(page, guide.numbers.test);

  const told = page.getByRole("alert").filter({ hasText: `The connection “${name}” is paused` });
  await expect(told).toContainText("Check its credentials and settings", { timeout: 20_000 });
  await expect(told).toContainText("Twilio does not accept");
  await expectAccessible(page);
  await page.goto("/");
  await expect(told).toBeVisible();
  await lookAt(page, "overview-paused");
  await told.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page.getByRole("alert")).toContainText("This connection is paused: Twilio does not accept");
  await lookAt(page, "connection-paused");

  await token.fill("token");
  await page.getByRole("button", { name: "Save connection" }).click();
  await expect(page.getByText("It is used again")).toBeVisible();
  await expect(page.getByText("is paused:")).toHaveCount(0);
  await page.goto("/");
  await expect(told).toHaveCount(0);
  // What waited is looked at again once a minute.
  await expectStatus(page, message, "Delivered", 80_000);
});

for (const provider of PROVIDERS) {
  test(`the questions in the guide of ${provider.word} are answered as it says`, async ({ simulator }) => {
    const guide = await read(provider.word, simulator.listen);
    expect(guide.start).toBe("peyk simulate --listen 127.0.0.1:4010");
    expect(guide.exchanges.length).toBeGreaterThan(3);
    const answers = await ask(guide.exchanges);
    for (const [i, exchange] of guide.exchanges.entries()) expect(answers[i], exchange.ask).toMatch(pattern(exchange.answer));
  });

  test(`a connection to ${provider.word} is made, tested, priced and used as its guide says`, async ({ page, server, simulator }) => {
    test.setTimeout(90_000);
    const guide = await read(provider.word, simulator.listen);
    await openForm(page, provider.word, guide);
    if (provider === SNS) await lookAt(page, "connection-new");
    else await expectAccessible(page);
    const name = await makeConnection(page, guide);
    await askBalance(page, guide);
    await uploadPrices(page, guide);
    if (provider === TWILIO) await lookAt(page, "connection");
    else await expectAccessible(page);

    await expect(page.locator("#status-address, #inbound-address")).toHaveCount(provider.doors.length);
    for (const door of provider.doors) {
      const card = page.locator("section:has(#webhook)");
      const copy = card.locator(`button[data-copy="${door}-address"]`);
      await copy.click();
      await expect(copy).toHaveText("Copied");
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied).toMatch(new RegExp(`^${server.url}/webhooks/${provider.word}/[\\w-]{20,}/${door}`));
      expect(copied.endsWith(provider.behind ?? `/${door}`), copied).toBe(true);
    }

    const [, price] = guide.prices.split("\n")[1].split(",");
    const tested = await sendTest(page, guide.numbers.test);
    await putFirst(page, name);
    const sent = await send(page, guide.numbers.message);
    for (const message of [tested, sent]) {
      await expectStatus(page, message, provider.ends);
      await expect(page.locator("section:has(#now) dl")).toContainText(`$${price}`);
      await expect(page.locator("section:has(#attempts) tbody tr")).toHaveCount(1);
      await expect(page.locator("section:has(#attempts)")).toContainText(name);
      await expect(page.locator("section:has(#attempts)")).toContainText("Taken");
    }
    await expectAccessible(page);
  });
}

test.describe("on a phone", () => {
  test.use({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });

  test("without JavaScript a connection is made, tested, priced and used as its guide says", async ({ page, simulator }) => {
    const guide = await read(MITAKE.word, simulator.listen);
    await openForm(page, MITAKE.word, guide);
    await expectNoSidewaysScroll(page);
    const name = await makeConnection(page, guide, "on a phone");
    await expectNoSidewaysScroll(page);
    await askBalance(page, guide);
    await uploadPrices(page, guide);
    await expect(page.locator("#status-address")).toBeVisible();
    const tested = await sendTest(page, guide.numbers.test);
    await putFirst(page, name);
    const sent = await send(page, guide.numbers.message);
    for (const message of [tested, sent]) await expectStatus(page, message, MITAKE.ends);
    await expectNoSidewaysScroll(page);
  });
});

/** The form of a new connection asks for what the guide lists, in the guide's words. */
async function openForm(page: Page, provider: string, guide: Guide): Promise<void> {
  await page.goto("/settings/connections");
  await page.getByLabel("Provider", { exact: true }).selectOption(provider);
  await page.getByRole("button", { name: "Choose" }).click();
  await expect(page.getByRole("button", { name: "Make connection" })).toBeVisible();
  for (const [label, name] of guide.settings) await expect(page.locator(`[name="config.${name}"]`), name).toHaveAccessibleName(label);
  const asked = await page.locator('[name^="config."]').count();
  expect(guide.settings.length, "the guide explains every setting of the page").toBe(asked);
}

/** Makes the connection of a guide, under another name if one is given, and ends at its page. */
async function makeConnection(page: Page, guide: Guide, as?: string): Promise<string> {
  const form = page.locator("section:has(#new)");
  for (const [label, value] of guide.fields) await form.getByLabel(label, { exact: true }).fill(value);
  const name = as ?? (await form.getByLabel("Name", { exact: true }).inputValue());
  await form.getByLabel("Name", { exact: true }).fill(name);
  await form.getByRole("button", { name: "Make connection" }).click();
  await expect(page.getByText("The connection is there and may be used.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  return name;
}

async function askBalance(page: Page, guide: Guide): Promise<void> {
  await page.getByRole("button", { name: "Ask the provider" }).click();
  await expect(page.getByText(guide.balance, { exact: true })).toBeVisible();
}

async function uploadPrices(page: Page, guide: Guide): Promise<void> {
  await page.getByLabel("Price list").setInputFiles({ name: "prices.csv", mimeType: "text/csv", buffer: Buffer.from(guide.prices) });
  await page.getByRole("button", { name: "Upload prices" }).click();
  const table = page.locator("section:has(#prices) tbody tr");
  await expect(table).toHaveCount(guide.prices.split("\n").length - 1);
}

/** Sends a test from the connection's page; the address of its message. */
async function sendTest(page: Page, to: string): Promise<string> {
  await page.getByLabel("Number", { exact: true }).fill(to);
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByText("The test is on its way.")).toBeVisible();
  return page.url();
}

async function putFirst(page: Page, name: string): Promise<void> {
  await page.goto("/settings/connections");
  const first = page.locator("section:has(#list) tbody tr").first();
  while (!(await first.getByRole("link", { name, exact: true }).isVisible())) {
    await page.getByRole("button", { name: `Move ${name} up` }).click();
    await expect(page.getByText(`“${name}” was moved up.`)).toBeVisible();
  }
}

/** Sends a message that chooses no connection; its address. */
async function send(page: Page, to: string): Promise<string> {
  await page.goto("/send");
  await page.getByLabel("To", { exact: true }).fill(to);
  await page.getByLabel("Text", { exact: true }).fill("Your order is ready.");
  await page.getByRole("button", { name: "Send message" }).click();
  await expect(page).toHaveURL(/\/history\/[^/]+$/);
  return page.url();
}

async function expectStatus(page: Page, message: string, status: string, timeout = 40_000): Promise<void> {
  await expect(async () => {
    await page.goto(message);
    await expect(page.locator("section:has(#now) .badge").first()).toHaveText(status, { timeout: 1_000 });
  }).toPass({ timeout });
}
