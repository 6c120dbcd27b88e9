import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

test("a contact is imported, found by name, written to from its page and shows what happened", async ({ page }) => {
  await page.goto("/contacts");
  await lookAt(page, "contacts-empty");
  await page.getByRole("link", { name: "Import" }).click();
  const file = "phone,name,language,tags,city\n+14157771290,سارا احمدی,fa,vip,یزد\n12,Short,,,\n";
  await page.getByLabel("CSV file").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByRole("status").first()).toContainText("2 rows: 1 new, 0 updated, 1 left out");
  await lookAt(page, "contacts-import");

  await page.goto("/contacts");
  await page.getByLabel("Number or name").fill("احمدي");
  await page.locator("main").getByRole("button", { name: "Search", exact: true }).click();
  await lookAt(page, "contacts");
  await page.getByRole("link", { name: "سارا احمدی" }).click();
  await page.getByRole("link", { name: "Send a message" }).click();
  await expect(page.getByLabel("To", { exact: true })).toHaveValue("+14157771290");
  await page.getByLabel("Text", { exact: true }).fill("Your table is ready.");
  await page.getByRole("button", { name: "Send message" }).click();
  await expect(page).toHaveURL(/\/history\/[^/]+$/);

  await page.goto("/contacts?tag=vip");
  await page.getByRole("link", { name: "سارا احمدی" }).click();
  await expect(page.locator("section:has(> .card-head #timeline) tbody tr")).toHaveCount(1);
  await page.locator("#attributes").fill("city: یزد\nsize: L");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("table.facts").first()).toContainText("size");
  await page.getByRole("button", { name: "Preference page" }).click();
  await expect(page.locator("#secret-once")).toContainText("/p/");
  await lookAt(page, "contact");
  await page.getByRole("link", { name: "All evidence" }).click();
  await lookAt(page, "contact-consent");
});

test("a new contact with a faulty number is told so beside the field", async ({ page }) => {
  await page.goto("/contacts/new");
  await page.getByLabel("Phone number", { exact: true }).fill("12");
  await page.getByLabel("Name", { exact: true }).fill("Zoë");
  await page.getByRole("button", { name: "Add contact" }).click();
  await expect(page.locator("#phone-error")).toBeVisible();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Zoë");
  await lookAt(page, "contact-new");
});
