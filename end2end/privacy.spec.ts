import type { Page } from "@playwright/test";

import { lookAt } from "./support/look";
import { expect, test } from "./support/test";
import type { Server } from "./support/server";

/** Sends one message and waits until it has left. */
async function sent(page: Page, server: Server, to: string): Promise<string> {
  const { id } = await server.api("/sms/send", { to, text: "Your parcel is at the door." });
  await expect(async () => {
    await page.goto(`/history/${id}`);
    await expect(page.getByText("Delivered").first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  return id;
}

/** Changes a period, sees what would go, and saves. */
async function keepTextsFor(page: Page, days: string): Promise<void> {
  await page.goto("/settings/retention");
  await page.getByLabel("Texts of messages (days)").fill(days);
  await page.getByRole("button", { name: "See what would go" }).click();
  await expect(page.getByRole("heading", { name: "If you save this" })).toBeVisible();
  await expect(page.locator("section:has(> .card-head #preview) tbody tr").first()).toContainText(`${days} days`);
}

/** Takes the text out of a message, and then everything of its person. */
async function removeAndErase(page: Page, id: string): Promise<void> {
  await page.goto(`/history/${id}`);
  await page.getByRole("button", { name: "Remove the text" }).click();
  await expect(page.getByText("The text was removed on")).toBeVisible();
  await page.getByRole("link", { name: "Personal data: hand out or erase" }).click();
  await page.getByLabel("Type ERASE to go on").fill("erase");
  await page.getByRole("button", { name: "Erase for good" }).click();
  await expect(page.getByText("This person was erased.")).toBeVisible();
}

test("periods are looked at before they are saved, and one that is too short is refused with the reason", async ({ page }) => {
  await keepTextsFor(page, "90");
  await lookAt(page, "retention-preview");
  await page.getByRole("button", { name: "Save these periods" }).click();
  await expect(page.getByRole("status").first()).toContainText("Saved.");
  await expect(page.getByLabel("Texts of messages (days)")).toHaveValue("90");
  await lookAt(page, "retention");
  await page.getByLabel("Words of refusals (days)").fill("30");
  await page.getByRole("button", { name: "See what would go" }).click();
  await expect(page.locator("#refusals-error")).toContainText("at least ten years");
  await expect(page.getByRole("button", { name: "Save these periods" })).toHaveCount(0);
  await lookAt(page, "retention-refused");
});

test("a person's data is handed out, a text is removed, and the person is erased", async ({ page, server }) => {
  const id = await sent(page, server, "+14157790101");
  await page.getByRole("link", { name: "Personal data: hand out or erase" }).click();
  await lookAt(page, "personal-data");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Everything as JSON" }).click();
  expect((await download).suggestedFilename()).toBe("person.json");
  await page.goto(`/history/${id}`);
  await page.getByRole("button", { name: "Remove the text" }).click();
  await expect(page.getByText("The text was removed on")).toBeVisible();
  await lookAt(page, "message-without-text");
  await removeAndEraseRest(page);
  await lookAt(page, "person-erased");
});

async function removeAndEraseRest(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Personal data: hand out or erase" }).click();
  await page.getByLabel("Type REMOVE to go on").fill("no");
  await page.getByRole("button", { name: "Remove texts" }).click();
  await expect(page.locator("#word-error")).toBeVisible();
  await page.getByLabel("Type ERASE to go on").fill("erase");
  await page.getByRole("button", { name: "Erase for good" }).click();
  await expect(page.getByText("This person was erased.")).toBeVisible();
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the same is done by plain forms", async ({ page, server }) => {
    const id = await sent(page, server, "+14157790102");
    await keepTextsFor(page, "120");
    await page.getByRole("button", { name: "Save these periods" }).click();
    await expect(page.getByLabel("Texts of messages (days)")).toHaveValue("120");
    await removeAndErase(page, id);
  });
});
