import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

test("a message is written, found by another spelling of its number, and tells its story", async ({ page }) => {
  await page.goto("/send");
  await page.getByLabel("To", { exact: true }).fill("(415) 777-1234");
  await page.getByLabel("Text", { exact: true }).fill("Your table is ready.");
  await expect(page.locator("#preview .bubble")).toHaveText("Your table is ready.");
  await expect(page.locator("#preview")).toContainText("1 segment");
  await lookAt(page, "send");
  await page.getByRole("button", { name: "Send message" }).click();
  await expect(page).toHaveURL(/\/history\/[^/]+$/);

  await page.goto("/history");
  await page.getByLabel("Phone number", { exact: true }).fill("+1 415-777-1234");
  await page.locator("main").getByRole("button", { name: "Search", exact: true }).click();
  const found = page.locator("section:has(> .card-head #messages) tbody tr");
  await expect(found).toHaveCount(1);
  await lookAt(page, "history");

  await found.getByRole("link").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Message");
  const story = page.locator("ol.timeline > li");
  // The page looks again by itself until the carrier has reported.
  await expect(story.filter({ hasText: "Carrier’s report" })).toHaveCount(1, { timeout: 20_000 });
  await expect(story.first()).toContainText("Accepted");
  await expect(page.locator(".bubble")).toHaveText("Your table is ready.");
  await lookAt(page, "message");
});
