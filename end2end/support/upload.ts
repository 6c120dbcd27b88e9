/** The way of a file to a campaign, as both kinds of browser go it. */

import { expect, type Page } from "@playwright/test";

import type { List } from "./file";

const figure = (n: number) => n.toLocaleString("en-US");

/** Uploads the list and says what its people get; ends at the matched columns. */
export async function uploadAndWrite(page: Page, list: List, text: string): Promise<void> {
  await page.goto("/uploads");
  await page.getByLabel("CSV files").setInputFiles(list);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Match columns", { timeout: 30_000 });
  await page.getByRole("radio", { name: "A text of your own" }).check();
  await page.getByLabel("Text", { exact: true }).fill(text);
  await page.getByLabel("What it is about").selectOption("order");
  await page.getByRole("button", { name: "Use this message" }).click();
  await expect(page.getByLabel("Phone number", { exact: true })).toHaveValue("phone");
  await expect(page.getByLabel("{{ name }}", { exact: true })).toHaveValue("name");
}

/** What the check found, as the page counts it. */
export async function expectCounts(page: Page, list: List): Promise<void> {
  const toSend = list.rows - list.rejected - list.repeated;
  // A figure has its note right behind it.
  const counted = (label: string) =>
    page.locator(`dl.tally > div:has(> dt:text-is("${label}")) > dd`).evaluate((shown) => shown.firstChild?.textContent);
  expect(await counted("Rows in the file")).toBe(figure(list.rows));
  expect(await counted("Will be sent")).toBe(figure(toSend));
  expect(await counted("Rejected")).toBe(figure(list.rejected));
  expect(await counted("Repeated numbers")).toBe(figure(list.repeated));
  const faults = page.getByRole("table", { name: "Rejected rows with the reason for each" });
  await expect(faults.getByRole("row")).toHaveCount(list.rejected + 1);
}

/** From the check to the campaign's page. */
export async function confirmAndSend(page: Page, list: List): Promise<void> {
  const toSend = list.rows - list.rejected - list.repeated;
  await page.getByRole("link", { name: `Continue with ${figure(toSend)}` }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm and send");
  const typed = page.getByLabel(/^Type .* to confirm$/);
  if (await typed.isVisible()) await typed.fill(String(toSend));
  await page.getByRole("button", { name: /^Send to / }).click();
  await expect(page).toHaveURL(/\/campaigns\/[^/]+$/);
}

/** How many messages of the campaign have this status, as its page says. */
export async function messagesWith(page: Page, status: string): Promise<number> {
  const shown = await page.locator(`dl.tally > div:has(> dt:text-is("${status}")) > dd`).textContent();
  return Number((shown ?? "").replaceAll(",", ""));
}
