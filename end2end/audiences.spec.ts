import type { Page } from "@playwright/test";

import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

/** Three people, two of whom bought; each journey has numbers and a tag of its own. */
async function people(server: { api(path: string, body: object): Promise<any> }, tag: string, from: number): Promise<void> {
  for (const [n, name, language] of [[0, "Ann Archer", "en"], [1, "سارا احمدی", "fa"], [2, "Bob Baker", "en"]] as const) {
    const made = await server.api("/contacts", {
      phone: `+1415779${from + n}`, name, language, tags: [tag], attributes: { city: n === 2 ? "Rasht" : "Yazd" },
    });
    const order = { reference: `${tag}-${n}`, amount: { amount: "120.50", currency: "USD" }, items: "brake pads" };
    if (n < 2) await server.api(`/contacts/${made.id}/purchases`, order);
  }
}

async function condition(page: Page, n: number, kind: string, value: string, name?: string): Promise<void> {
  const row = page.getByRole("group", { name: `Condition ${n}`, exact: true });
  await row.getByLabel("What").selectOption({ label: kind });
  if (name !== undefined) await row.getByLabel("Attribute or currency").fill(name);
  await row.getByLabel("Value").fill(value);
}

async function makeAndSend(page: Page, tag: string, withScript: boolean): Promise<void> {
  await page.goto("/audiences/new");
  await page.getByLabel("Name", { exact: true }).fill(`Loyal ${tag}`);
  await condition(page, 1, "Has the tag", tag);
  await condition(page, 2, "Bought at least so many times", "1");
  if (withScript) {
    // The count follows what is chosen, without a press.
    await page.getByLabel("Count who may be sent").selectOption({ label: "Orders" });
  } else {
    await page.getByLabel("Count who may be sent").selectOption({ label: "Orders" });
    await page.getByRole("button", { name: "Count, and more rows" }).click();
  }
  await expect(page.locator("#count")).toContainText("2 people");
  await expect(page.locator("#count")).toContainText("2 of whom may be sent messages about orders");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Loyal ${tag}`);
  if (withScript) await lookAt(page, "audience");
  await page.getByRole("link", { name: "Send to them" }).click();
  await page.getByRole("radio", { name: "A text of your own" }).check();
  await page.getByLabel("Text", { exact: true }).fill("Hi {{ name }} of {{ city }}, thank you.");
  await page.getByLabel("What it is about").selectOption({ label: "Orders" });
  if (withScript) await lookAt(page, "audience-send");
  await page.getByRole("button", { name: "Check and see the cost" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm and send");
  await expect(page.locator("#first, section:has(#first)").first()).toContainText("of Yazd, thank you.");
  await page.getByRole("button", { name: "Send to 2 people" }).click();
  await expect(page).toHaveURL(/\/campaigns\/cmp_/);
  await page.goto("/audiences");
  await page.getByRole("link", { name: `Loyal ${tag}`, exact: true }).click();
  await expect(page.locator("section:has(> .card-head #used)")).toContainText(`Loyal ${tag}`);
}

test("an audience is made of conditions, counted while it is written, and sent to", async ({ page, server }) => {
  await page.goto("/audiences");
  await lookAt(page, "audiences-empty");
  await people(server, "scripted", 1310);
  await makeAndSend(page, "scripted", true);
  await page.goto("/audiences");
  await lookAt(page, "audiences");
});

test("what is wrong with a condition stands beside it", async ({ page }) => {
  await page.goto("/audiences/new");
  await page.getByLabel("Name", { exact: true }).fill("Faulty");
  await condition(page, 1, "Wrote to us within so many days", "soon");
  await condition(page, 2, "Attribute is", "Yazd", "city");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator(".error-summary")).toContainText("This is no number of days.");
  await expect(page.getByRole("group", { name: "Condition 1", exact: true }).getByLabel("Value")).toHaveValue("soon");
  await lookAt(page, "audience-faulty");
});

test("an audience is copied and deleted where its use is shown", async ({ page, server }) => {
  const made = await server.api("/audiences", {
    name: "To be deleted",
    conditions: { any: [{ field: "tag", op: "has", value: "a" }, { all: [{ field: "language", op: "is", value: "fa" }, { field: "status", op: "is_set" }] }] },
  });
  await page.goto(`/audiences/${made.id}`);
  await expect(page.getByLabel("People who")).toHaveValue("any");
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("To be deleted (copy)");
  await page.getByRole("link", { name: "Delete" }).click();
  await lookAt(page, "audience-delete");
  await page.getByRole("button", { name: "Delete the audience" }).click();
  await expect(page.getByRole("status").first()).toContainText("The audience is deleted");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("an audience is made, counted by a press, and sent to", async ({ page, server }) => {
    await people(server, "plain", 1320);
    await makeAndSend(page, "plain", false);
  });
});
