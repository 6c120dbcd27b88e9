import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

test("a contact is imported, found by name, written to from its page and shows what happened", async ({ page }) => {
  await page.goto("/contacts");
  await lookAt(page, "contacts-empty");
  await page.getByRole("link", { name: "Import" }).click();
  const file = "phone,name,language,tags,city\n+14157771290,سارا شریفی,fa,vip,یزد\n12,Short,,,\n";
  await page.getByLabel("CSV file").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByRole("status").first()).toContainText("2 rows: 1 new, 0 updated, 1 left out");
  await lookAt(page, "contacts-import");

  await page.goto("/contacts");
  await page.getByLabel("Number or name").fill("شريفي");
  await page.locator("main").getByRole("button", { name: "Search", exact: true }).click();
  await lookAt(page, "contacts");
  await page.getByRole("link", { name: "سارا شریفی" }).click();
  await page.getByRole("link", { name: "Send a message" }).click();
  await expect(page.getByLabel("To", { exact: true })).toHaveValue("+14157771290");
  await page.getByLabel("Text", { exact: true }).fill("Your table is ready.");
  await page.getByRole("button", { name: "Send message" }).click();
  await expect(page).toHaveURL(/\/history\/[^/]+$/);

  await page.goto("/contacts?tag=vip");
  await page.getByRole("link", { name: "سارا شریفی" }).click();
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

test("purchases are imported, added by hand and shown with the person", async ({ page }) => {
  await page.goto("/contacts/import");
  const file = "phone,name,purchase_reference,purchase_amount,purchase_currency,purchase_at,purchase_items\n"
    + "+14157791500,Ann Archer,O-1,120.50,USD,2024-05-01,brake pads\n+14157791500,,O-2,80,USD,2024-06-01,\n+14157791501,Bob,O-1,1,USD,,\n";
  await page.getByLabel("CSV file").setInputFiles({ name: "orders.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByRole("status").first()).toContainText("1 left out");
  await expect(page.getByText("Another contact has a purchase of this reference.")).toBeVisible();
  await page.goto("/contacts?q=%2B14157791500");
  await page.getByRole("link", { name: "Ann Archer" }).click();
  const purchases = page.locator("section:has(> .card-head #purchases)");
  await expect(purchases).toContainText("$200.50 in 2 purchases");
  await page.getByText("Add a purchase").click();
  await page.getByLabel("Reference").fill("O-3");
  await page.getByLabel("Amount").fill("lots");
  await purchases.getByRole("button", { name: "Add" }).click();
  await expect(page.locator("#amount-error")).toBeVisible();
  await page.getByLabel("Amount").fill("9.5");
  await page.getByLabel("What was bought (optional)").fill("oil filter");
  await purchases.getByRole("button", { name: "Add" }).click();
  await expect(purchases).toContainText("$210.00 in 3 purchases");
  await expect(page.locator("section:has(> .card-head #timeline)")).toContainText("oil filter");
  await lookAt(page, "contact-purchases");
  await purchases.getByRole("button", { name: "Delete the purchase O-3" }).click();
  await expect(purchases).toContainText("$200.50 in 2 purchases");
});
