import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

test("a template is written with a live preview, and published", async ({ page }) => {
  await page.goto("/templates");
  await lookAt(page, "templates");
  await page.getByRole("link", { name: "New template" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("New template");

  const text = page.getByLabel(/^Text in /);
  await text.fill("Hello {{ name }}, your table waits.");
  await expect(page.locator("#preview .bubble mark")).not.toBeEmpty();
  await expect(page.locator("#preview .bubble")).toHaveText(/^Hello .+, your table waits\.$/);
  await expect(page.getByLabel("Sample of name")).toBeVisible();
  await text.fill("Hello {{ name }}, it’s ready.");
  await expect(page.getByText("travel as UCS-2")).toBeVisible();
  await lookAt(page, "template-new");

  await page.getByLabel("Name", { exact: true }).fill("Table ready");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Draft saved.")).toBeVisible();
  await page.getByLabel("What changed").fill("First words");
  await page.getByRole("button", { name: "Save and publish version 1" }).click();
  await expect(page.getByText("Version 1 is live.", { exact: false }).first()).toBeVisible();
  await lookAt(page, "template");

  await page.getByRole("link", { name: /^1 version/ }).first().click();
  await expect(page.getByText("First words")).toBeVisible();
  await lookAt(page, "template-versions");
  await page.goto("/send?template=table-ready");
  await expect(page.getByLabel("name", { exact: true })).toBeVisible();
});
