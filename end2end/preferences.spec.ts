import { expectAccessible, expectNoSidewaysScroll, lookAt } from "./support/look";
import { expect, signedOut, test } from "./support/test";

const PHONE = { width: 390, height: 844 };

test.use({ storageState: signedOut, viewport: PHONE });

test("a customer switches offers off in Persian on a phone, and it stays off", async ({ page, server }) => {
  const { url } = await server.api("/notifications/preference-link", { phone: "+14157790001" });
  await page.goto(`${url}?lang=fa`);
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.locator("html")).toHaveAttribute("lang", "fa");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("پیامک‌های شما");
  const offers = page.getByRole("switch", { name: "پیشنهادها و خبرها" });
  if (!(await offers.isChecked())) {
    await offers.check();
    await page.getByRole("button", { name: "ذخیرهٔ تغییرات" }).click();
    await expect(page.getByText("پیشنهادها و خبرها: روشن")).toBeVisible();
  }
  await lookAt(page, "preferences-fa");

  await offers.uncheck();
  await page.getByRole("button", { name: "ذخیرهٔ تغییرات" }).click();
  await expect(page.getByText("پیشنهادها و خبرها: خاموش")).toBeVisible();
  await expect(offers).not.toBeChecked();
  await page.goto(`${url}?lang=fa`);
  await expect(offers).not.toBeChecked();

  await page.getByRole("button", { name: "همین حالا همه را لغو کن" }).click();
  await expect(page.getByText("همهٔ پیامک‌ها لغو شد.", { exact: false })).toBeVisible();
  await lookAt(page, "preferences-fa-stopped");
  await page.getByRole("button", { name: "برگرداندن: دوباره بفرستید" }).click();
  await expect(page.getByRole("button", { name: "همین حالا همه را لغو کن" })).toBeVisible();
});

for (const lang of ["en", "zh-Hant"]) {
  test(`the preference page in ${lang} fits a phone`, async ({ page, server }) => {
    const { url } = await server.api("/notifications/preference-link", { phone: "+14157790002" });
    await page.goto(`${url}?lang=${lang}`);
    await expect(page.locator("html")).toHaveAttribute("lang", lang);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.screenshot({ path: `screenshots/preferences-${lang}.png`, fullPage: true });
  });
}
