import { expect, test } from "./support/test";

test.use({ javaScriptEnabled: false });

test("without JavaScript contacts are imported, found and changed", async ({ page }) => {
  await page.goto("/contacts");
  await page.getByRole("link", { name: "Import" }).click();
  const file = "phone,name,tags\n+14157773390,Plain Nadia,plain\n";
  await page.getByLabel("CSV file").setInputFiles({ name: "plain.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByRole("status").first()).toContainText("1 new");
  await page.goto("/contacts");
  await page.getByLabel("Number or name").fill("plain nadia");
  await page.locator("main").getByRole("button", { name: "Search", exact: true }).click();
  await page.getByRole("link", { name: "Plain Nadia" }).click();
  await page.locator("#attributes").fill("city: Yazd");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("table.facts").first()).toContainText("Yazd");
});

test("without JavaScript a template is written, shown, published and compared", async ({ page }) => {
  await page.goto("/templates/new");
  await page.getByLabel(/^Text in /).fill("Dear {{ name }}, it is ready.");
  await page.getByLabel("Name", { exact: true }).fill("Plain words");
  await page.getByRole("button", { name: "Update preview" }).click();
  await expect(page.locator("#preview .bubble")).toHaveText(/^Dear .+, it is ready\.$/);
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Draft saved.")).toBeVisible();
  await page.getByRole("button", { name: "Save and publish version 1" }).click();
  await expect(page.getByText("Version 1 is live.", { exact: false }).first()).toBeVisible();
  await page.getByRole("link", { name: /^1 version/ }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("without JavaScript a pack is looked at and installed", async ({ page }) => {
  await page.goto("/templates/packs");
  await page.getByRole("link", { name: /laundry/i }).first().click();
  await page.getByRole("button", { name: /^Install all/ }).click();
  await expect(page.getByText("You have this").first()).toBeVisible();
});
