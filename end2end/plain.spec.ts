import { list } from "./support/file";
import { expect, signedOut, test } from "./support/test";
import { confirmAndSend, expectCounts, messagesWith, uploadAndWrite } from "./support/upload";

test.use({ javaScriptEnabled: false });

test("without JavaScript a file becomes a delivered campaign", async ({ page }) => {
  const few = list("few.csv", 40, 3);
  await uploadAndWrite(page, few, "Hello {{ name }}, see you soon.");
  await page.getByRole("button", { name: "Check the file" }).click();
  await expect(async () => {
    const again = page.getByRole("link", { name: "See how far it is" });
    if (await again.isVisible()) await again.click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your file", { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await expectCounts(page, few);
  await confirmAndSend(page, few);
  await expect(async () => {
    await page.reload();
    expect((await messagesWith(page, "Delivered")) + (await messagesWith(page, "Failed"))).toBe(36);
  }).toPass({ timeout: 40_000 });
});

test.describe("of a customer", () => {
  test.use({ storageState: signedOut });

  test("without JavaScript a customer stops and saves", async ({ page, server }) => {
    const { url } = await server.api("/notifications/preference-link", { phone: "+14157790003" });
    await page.goto(`${url}?lang=en`);
    const reminders = page.getByRole("switch", { name: "Reminders" });
    const was = await reminders.isChecked();
    await reminders.setChecked(!was);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByText(`Reminders: ${was ? "off" : "on"}`)).toBeVisible();
    await expect(reminders).toBeChecked({ checked: !was });
  });
});
