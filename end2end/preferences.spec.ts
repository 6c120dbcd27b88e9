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

for (const lang of ["en", "fa", "zh-Hant"]) {
  test(`the preference page in ${lang} fits a phone`, async ({ page, server }) => {
    const { url } = await server.api("/notifications/preference-link", { phone: "+14157790002" });
    await page.goto(`${url}?lang=${lang}`);
    await expect(page.locator("html")).toHaveAttribute("lang", lang);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    const stop = (await page.locator('button[value="stop"]').boundingBox())!;
    const bar = (await page.locator(".save-bar").boundingBox())!;
    expect(stop.y + stop.height, "the stop lies in the first screenful, above the bar").toBeLessThanOrEqual(bar.y);
    const small = await page.evaluate(() => {
      const height = (target: Element) => target.getBoundingClientRect().height;
      const targets = [...document.querySelectorAll("a, button, .input, .pick label, .toggle-row")];
      return targets.filter((target) => height(target) < 44).map((target) => target.outerHTML.slice(0, 80));
    });
    expect(small, "fingers need 44 pixels").toEqual([]);
    await page.screenshot({ path: `screenshots/preferences-${lang}.png`, fullPage: true });
  });
}

test("a customer sets how often offers come, a break and quiet hours of their own in Chinese", async ({ page, server }) => {
  const { url } = await server.api("/notifications/preference-link", { phone: "+14157790004" });
  await page.goto(`${url}?lang=zh-Hant`);
  await page.getByRole("radio", { name: "最多 2 則" }).check();
  await page.getByRole("radio", { name: "14 天" }).check();
  await page.getByRole("switch", { name: "我的勿擾時段" }).check();
  await page.getByRole("button", { name: "儲存變更" }).click();
  for (const said of ["30 天內最多 2 則優惠", "暫停至", "勿擾時段：21:00 至 08:00"]) {
    await expect(page.getByRole("status").getByText(said)).toBeVisible();
  }
  await lookAt(page, "preferences-zh-Hant-saved");
});

test.describe("for whom the browser speaks", () => {
  test.use({ locale: "fa-IR" });

  test("the page comes in the language that the browser's owner reads", async ({ page, server }) => {
    const { url } = await server.api("/notifications/preference-link", { phone: "+14157790005" });
    await page.goto(url);
    await expect(page.locator("html")).toHaveAttribute("lang", "fa");
    await expect(page.getByRole("radio", { name: "فارسی" })).toBeChecked();
  });
});
