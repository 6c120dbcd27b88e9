import { expectAccessible, expectNoSidewaysScroll, lookAt } from "./support/look";
import { expect, signedOut, test } from "./support/test";

const PHONE = { width: 390, height: 844 };

// Other journeys on this server switch marketing on without being asked to confirm it.
test.afterAll(async ({ server }) => {
  await server.api("/settings", { double_opt_in: { categories: [] } }, "PUT");
});

test("an admin asks for double opt-in, and a faulty wording is said where it stands", async ({ page }) => {
  await page.goto("/settings/consent");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Consent");
  await page.getByRole("checkbox", { name: "Marketing" }).check();
  await page.getByLabel("Days to wait for an answer").fill("0");
  await page.getByRole("button", { name: "Save consent settings" }).click();
  await expect(page.getByText("Wait for an answer for 1 to 30 days.").first()).toBeVisible();
  await lookAt(page, "consent-refused");
  await page.getByLabel("Days to wait for an answer").fill("5");
  await page.getByRole("button", { name: "Save consent settings" }).click();
  await expect(page.getByText("Consent settings saved.")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Marketing" })).toBeChecked();
  await expect(page.getByLabel("Days to wait for an answer")).toHaveValue("5");
  await page.getByText("Wording by language").click();
  await lookAt(page, "consent-settings");
});

test("the evidence of everybody and of one person is downloaded with the proof of its chain", async ({ page, server }) => {
  await server.api("/sms/opt-out", { phone: "+14157790021", reason: "Asked at the counter" });
  await page.goto("/settings/consent");
  const whole = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as JSON" }).click();
  const file = await (await whole).createReadStream();
  const parts: Buffer[] = [];
  for await (const part of file) parts.push(part as Buffer);
  const evidence = JSON.parse(Buffer.concat(parts).toString());
  expect(evidence.verify.result).toBe("whole");
  const row = evidence.events.find((event: { phone: string }) => event.phone === "+14157790021");
  expect(row).toMatchObject({ change: "withdrawn", category: "all", method: "api", reason: "Asked at the counter", row_holds: "yes" });

  await page.goto(`/contacts/${row.contact}/consent`);
  await expect(page.getByText("Refused everything")).toBeVisible();
  const one = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as CSV" }).click();
  expect((await one).suggestedFilename()).toBe("consent-evidence.csv");
  await lookAt(page, "consent-evidence");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the settings of consent are saved", async ({ page }) => {
    await page.goto("/settings/consent");
    const most = page.getByLabel("People asked on one day at most");
    await most.fill("250");
    await page.getByLabel("A STOP by text message").selectOption("program");
    await page.getByRole("button", { name: "Save consent settings" }).click();
    await expect(page.getByText("Consent settings saved.")).toBeVisible();
    await expect(most).toHaveValue("250");
    await page.getByLabel("A STOP by text message").selectOption("all");
    await page.getByRole("button", { name: "Save consent settings" }).click();
    await expect(page.getByLabel("A STOP by text message")).toHaveValue("all");
  });
});

test.describe("of a customer", () => {
  test.use({ storageState: signedOut, viewport: PHONE, javaScriptEnabled: false });

  for (const [lang, heading, button, done] of [
    ["en", "Confirm your texts", "Yes, send me these texts", "Thank you. It is confirmed."],
    ["fa", "تأیید دریافت پیامک", "بله، این پیامک‌ها را بفرستید", "سپاس. تأیید شد."],
    ["zh-Hant", "確認接收簡訊", "是，請傳送這些簡訊", "謝謝，已確認。"],
  ] as const) {
    test(`a customer confirms an opt-in on a phone in ${lang}`, async ({ page, server }) => {
      const phone = `+1415779003${["en", "fa", "zh-Hant"].indexOf(lang)}`;
      await server.api("/settings", { double_opt_in: { categories: ["marketing"] } }, "PUT");
      const asked = await server.api("/sms/opt-out/opt-in", { phone, category: "marketing" });
      expect(asked.categories.marketing.reason).toBe("pending");
      const list = await server.api(`/sms/messages?to=${encodeURIComponent(phone)}`, undefined, "GET");
      const message = await server.api(`/sms/messages/${list.items[0].id}`, undefined, "GET");
      const path = /\/o\/\S+/.exec(message.text)![0];
      await page.goto(`${path}?lang=${lang}`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
      await expectNoSidewaysScroll(page);
      await page.screenshot({ path: `screenshots/opt-in-${lang}.png`, fullPage: true });
      await page.getByRole("button", { name: button }).click();
      await expect(page.getByText(done)).toBeVisible();
      const check = await server.api(`/sms/opt-out/check/${encodeURIComponent(phone)}`, undefined, "GET");
      expect(check.categories.marketing.allowed).toBe(true);
    });
  }
});

test("the page of a confirmation is accessible", async ({ page, server }) => {
  const phone = "+14157790039";
  await server.api("/settings", { double_opt_in: { categories: ["marketing"] } }, "PUT");
  await server.api("/sms/opt-out/opt-in", { phone, category: "marketing" });
  const list = await server.api(`/sms/messages?to=${encodeURIComponent(phone)}`, undefined, "GET");
  const message = await server.api(`/sms/messages/${list.items[0].id}`, undefined, "GET");
  await page.goto(/\/o\/\S+/.exec(message.text)![0]);
  await expectAccessible(page);
});
