import { list } from "./support/file";
import { lookAt } from "./support/look";
import { expect, test } from "./support/test";
import { confirmAndSend, expectCounts, messagesWith, uploadAndWrite } from "./support/upload";

test("a file of 10,000 rows is matched, checked, confirmed and delivered", async ({ page }) => {
  test.setTimeout(200_000);
  const guests = list("guests.csv", 10_000, 2);
  await page.goto("/uploads");
  await lookAt(page, "uploads");
  await uploadAndWrite(page, guests, "Hello {{ name }}, your order is ready.");
  await lookAt(page, "upload-match");

  await page.getByRole("button", { name: "Check the file" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your file", { timeout: 60_000 });
  await expectCounts(page, guests);
  await expect(page.locator(".bubble")).toHaveText("Hello Guest 1, your order is ready.");
  await lookAt(page, "upload-check");

  await page.getByRole("link", { name: /^Continue with/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm and send");
  await page.getByLabel(/^Type .* to confirm$/).fill("12");
  await page.getByRole("button", { name: /^Send to / }).click();
  await expect(page.getByRole("alert")).toContainText("Type 9,996 to confirm");
  await lookAt(page, "upload-confirm");
  await page.goto(page.url().replace(/\/confirm$/, ""));
  await confirmAndSend(page, guests);

  // The page follows the campaign by itself. About three in a hundred fail: that is the simulator's usual day.
  await expect(page.getByText("Finished", { exact: true })).toBeVisible({ timeout: 150_000 });
  await expect.poll(() => messagesWith(page, "Waiting for receipt"), { timeout: 30_000 }).toBe(0);
  const [delivered, failed] = [await messagesWith(page, "Delivered"), await messagesWith(page, "Failed")];
  expect(delivered + failed).toBe(9_996);
  expect(delivered).toBeGreaterThan(9_500);
  await expect(page.getByRole("heading", { name: "Why messages did not arrive" })).toBeVisible();
  await lookAt(page, "campaign");

  await page.getByRole("link", { name: "Campaigns", exact: true }).first().click();
  await expect(page.getByRole("row", { name: /guests/ })).toContainText("Finished");
  await lookAt(page, "campaigns");
});
