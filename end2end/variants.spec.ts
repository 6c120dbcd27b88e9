import { list } from "./support/file";
import { lookAt } from "./support/look";
import { expect, test } from "./support/test";
import { messagesWith } from "./support/upload";

const people = list("invited.csv", 124, 6);

test("variants are written, sent by a campaign, and one is chosen for everyone", async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto("/templates/new");
  await page.getByLabel(/^Text in /).fill("Dear {{ name }}, reply 1 to confirm your visit.");
  await page.getByLabel("Name", { exact: true }).fill("Visit");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Draft saved.")).toBeVisible();
  // A second language, in the same words.
  await page.getByLabel("Another language").fill("fa");
  await page.getByRole("button", { name: "Add a language" }).click();
  await page.getByLabel(/^Text in .*فارسی|^Text in Persian/).fill("{{ name }} عزیز، برای تأیید ۱ را بفرستید.");
  await page.getByRole("button", { name: "Save draft" }).click();

  await page.getByRole("link", { name: "A/B variants" }).click();
  await page.getByLabel("Share of B in percent").fill("40");
  await page.getByLabel("Name of B").fill("Reply YES");
  await page.getByLabel(/^B in English/).fill("Dear {{ name }}, please reply YES if you come.");
  await page.getByRole("button", { name: "Save variants" }).click();
  await expect(page.getByRole("alert")).toContainText("50 + 40 = 90 percent");
  await expect(page.getByLabel(/^B in English/)).toHaveValue("Dear {{ name }}, please reply YES if you come.");
  await page.getByLabel("Share of B in percent").fill("50");
  await page.getByRole("button", { name: "Save variants" }).click();
  await expect(page.getByText("Variants saved in the draft.", { exact: false })).toBeVisible();
  await expect(page.locator(".bubble")).toHaveCount(2);
  await lookAt(page, "template-variants");
  await page.getByLabel("Language", { exact: true }).selectOption("fa");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.locator(".bubble").first()).toHaveAttribute("dir", "rtl");
  await lookAt(page, "template-variants-fa");

  await page.getByRole("link", { name: "Text", exact: true }).click();
  await page.getByRole("button", { name: "Save and publish version 1" }).click();
  await expect(page.getByText("Version 1 is live.", { exact: false }).first()).toBeVisible();

  await page.goto("/uploads");
  await page.getByLabel("CSV files").setInputFiles(people);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Match columns", { timeout: 30_000 });
  await page.getByRole("radio", { name: "A template" }).check();
  await page.getByLabel("Template", { exact: true }).selectOption("visit");
  await page.getByRole("button", { name: "Use this message" }).click();
  await page.getByRole("button", { name: "Check the file" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your file", { timeout: 60_000 });
  await expect(page.getByRole("cell", { name: /variant A/ })).toBeVisible();
  await page.getByRole("link", { name: /^Continue with/ }).click();
  await page.getByRole("radio", { name: "Try first, then send the best" }).check();
  await page.getByLabel("Try with, in percent").fill("30");
  await lookAt(page, "upload-confirm-trial");
  await page.getByRole("button", { name: /^Send to / }).click();
  await expect(page).toHaveURL(/\/campaigns\/[^/]+$/);
  await expect(page.getByText("30 % of the people first", { exact: false })).toBeVisible();
  await expect(page.getByText("What came of it is looked at", { exact: false })).toBeVisible({ timeout: 60_000 });
  await lookAt(page, "campaign-trial");

  await page.getByRole("button", { name: "Use B for everyone" }).click();
  await expect(page.getByText("Everybody who has not been sent to gets B", { exact: false })).toBeVisible();
  await expect(page.getByText("Finished", { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => messagesWith(page, "Waiting for receipt"), { timeout: 30_000 }).toBe(0);
  expect((await messagesWith(page, "Delivered")) + (await messagesWith(page, "Failed"))).toBe(120);
  await lookAt(page, "campaign-variants");

  // The longest values are those that were sent.
  await page.goto("/templates");
  await page.getByRole("link", { name: "Visit" }).first().click();
  await page.getByLabel("Preview with").selectOption("longest");
  await expect(page.locator("#preview .bubble mark")).toHaveText(/^Guest 1\d\d$/);
  await lookAt(page, "template-longest");
  await page.getByRole("link", { name: /^1 version/ }).first().click();
  await expect(page.getByText(/delivered, 120 sent\./)).toBeVisible();
  await lookAt(page, "template-versions-rate");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("without JavaScript variants are written and looked at", async ({ page }) => {
    await page.goto("/templates/new");
    await page.getByLabel(/^Text in /).fill("Come, {{ name }}.");
    await page.getByLabel("Name", { exact: true }).fill("Plain visit");
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByRole("link", { name: "A/B variants" }).click();
    await page.getByLabel(/^B in English/).fill("Please come, {{ name }}.");
    await page.getByRole("button", { name: "Save variants" }).click();
    await expect(page.locator(".bubble")).toHaveCount(2);
    await page.getByLabel("Preview with").selectOption("empty");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page.locator(".bubble").last()).toHaveText("Please come, Sara.");
  });
});
