import type { Page } from "@playwright/test";

import { lookAt } from "./support/look";
import type { Server } from "./support/server";
import { expect, test } from "./support/test";

/** Somebody writes to the organisation's number, by way of the simulator within. */
async function write(server: Server, from: string, text: string): Promise<void> {
  const answer = await fetch(`${server.url}/sim/v1/inbound`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: "simulator", to: "Peyk", from, text }),
  });
  if (!answer.ok) throw new Error(`the simulator answered ${answer.status}: ${await answer.text()}`);
}

async function arrived(page: Page, phone: string): Promise<void> {
  await expect(async () => {
    await page.goto("/inbox");
    await expect(page.getByRole("link", { name: phone }).first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
}

async function saveReply(page: Page, name: string, text: string): Promise<void> {
  await page.goto("/settings/replies");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Text", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Save reply" }).click();
  await expect(page.getByRole("status").first()).toContainText(`“${name}” is saved`);
}

async function converse(page: Page, server: Server, phone: string, reply: string, withScript: boolean): Promise<void> {
  await saveReply(page, reply, "We are open until six.");
  // Whoever was written to can write back.
  await server.api("/sms/send", { to: phone, text: "Your order is ready.", category: "order" });
  await write(server, phone, "When are you open?");
  await arrived(page, phone);
  if (withScript) {
    await page.goto("/");
    await expect(page.getByText(/\d+ texts? (is|are) unread\./)).toBeVisible();
    await page.getByRole("link", { name: "Read and answer them" }).click();
    await lookAt(page, "inbox-unread");
  }
  await page.getByRole("link", { name: phone }).first().click();
  await expect(page.locator("#thread")).toContainText("When are you open?");
  if (!withScript) {
    await page.getByRole("button", { name: "Mark as read" }).click();
  }
  await expect(page.getByRole("button", { name: "Mark as read" })).toHaveCount(0);
  await page.getByRole("button", { name: reply, exact: true }).click();
  await expect(page.getByLabel("Text", { exact: true })).toHaveValue("We are open until six.");
  if (!withScript) await page.getByRole("button", { name: "Update preview" }).click();
  await expect(page.locator("#preview")).toContainText("1 segment");
  await expect(page.locator("#preview")).toContainText("$0.0079");
  if (withScript) await lookAt(page, "conversation-writing");
  await page.getByRole("button", { name: "Send answer" }).click();
  await expect(page.locator("#thread")).toContainText("We are open until six.");

  await page.getByRole("button", { name: "Take it myself" }).click();
  await expect(page.getByRole("button", { name: "Take it myself" })).toHaveCount(0);
  await expect(page.getByLabel("Who answers this person")).not.toHaveValue("");
  const here = page.url();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await expect(page.getByText("A text of the person opens it again.")).toBeVisible();
  await page.goto(here);
  await expect(page.getByRole("button", { name: "Open again" })).toBeVisible();

  await write(server, phone, "STOP");
  await expect(async () => {
    await page.goto(here);
    await expect(page.locator("#thread")).toContainText("STOP", { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await expect(page.getByText("This person opted out of all messages.")).toBeVisible();
  if (withScript) await lookAt(page, "conversation-stopped");
  await page.getByLabel("Text", { exact: true }).fill("One more thing");
  await page.getByRole("button", { name: "Send answer" }).click();
  await expect(page.getByText(/Not sent:/)).toBeVisible();
  await expect(page.locator("#thread")).not.toContainText("One more thing");
}

test("a person writes, is answered with a saved reply, is taken and closed, and stops", async ({ page, server }) => {
  await converse(page, server, "+14157791410", "Opening hours", true);
});

test("an open tab reads nothing by itself, and what is marked as unread stays so", async ({ page, server }) => {
  test.slow();
  const phone = "+14157791430";
  await server.api("/sms/send", { to: phone, text: "Your order is ready.", category: "order" });
  await write(server, phone, "First question");
  await arrived(page, phone);
  await page.getByRole("link", { name: phone }).first().click();
  const here = page.url();
  const polled = () => page.waitForResponse((answer) => answer.url() === here && answer.request().method() === "GET");
  await expect(page.locator("#thread")).toContainText("First question");
  await expect(page.getByRole("button", { name: "Mark as read" })).toHaveCount(0);
  await write(server, phone, "Second question");
  await expect(page.locator("#thread")).toContainText("Second question", { timeout: 20_000 });
  await polled();
  await polled();
  await expect(page.getByRole("button", { name: "Mark as read" })).toBeVisible();

  // Opening it anew is looking at it; a colleague then wants it looked at again.
  const other = await page.context().newPage();
  await other.goto(here);
  await expect(other.getByRole("button", { name: "Mark as read" })).toHaveCount(0);
  await other.getByRole("button", { name: "Mark as unread" }).click();
  const row = other.getByRole("row").filter({ has: other.getByRole("link", { name: phone }) });
  await expect(row).toContainText("1 unread");
  await polled();
  await polled();
  await other.reload();
  await expect(row).toContainText("1 unread");
  // Closing goes as far as the lines that this tab shows now, not as far as when it was opened.
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await expect(page.getByText("Closed. A text of the person opens it again.")).toBeVisible();
});

test("keywords and replies are kept under settings", async ({ page }) => {
  await saveReply(page, "On its way", "Your parcel is on its way: {not a placeholder} & <b>.");
  await page.getByRole("link", { name: "On its way" }).click();
  await page.getByLabel("Text", { exact: true }).fill("Your parcel left this morning.");
  await page.getByRole("button", { name: "Save reply" }).click();
  await expect(page.getByRole("table")).toContainText("left this morning");
  await lookAt(page, "settings-replies-filled");
  await page.getByRole("button", { name: "Delete On its way" }).click();
  await expect(page.getByText("Deleted.")).toBeVisible();
  await page.goto("/settings/keywords");
  await lookAt(page, "settings-keywords-filled");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a person writes, is answered, is taken and closed, and stops", async ({ page, server }) => {
    await converse(page, server, "+14157791420", "Hours", false);
  });
});
