import { type Page } from "@playwright/test";

import { expectAccessible, expectNoSidewaysScroll, lookAt } from "./support/look";
import { type Server } from "./support/server";
import { expect, signedOut, test } from "./support/test";

// An address gets five codes an hour: these journeys ask for four.
test.describe.configure({ mode: "serial" });
test.use({ storageState: signedOut, viewport: { width: 390, height: 844 } });

/** The code in the `n`-th message that a phone received. */
async function code(server: Server, phone: string, n: number): Promise<string> {
  const received = async (): Promise<string[]> => {
    const answer = await fetch(`${server.url}/sim/v1/messages?to=${encodeURIComponent(phone)}`);
    const { items } = (await answer.json()) as { items: { text: string; at: string }[] };
    return items.sort((a, b) => a.at.localeCompare(b.at)).map(({ text }) => text);
  };
  await expect.poll(async () => (await received()).length, { message: `${phone} receives message ${n}` }).toBe(n);
  return (await received())[n - 1].match(/\d{6}/)![0];
}

/** Posts a fault from another tab: the browser notes a refused page in its console, which a journey's own tab keeps clean. */
async function refused(page: Page, fault: { label: string; value: string; button: string; says: string }): Promise<void> {
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByLabel(fault.label).fill(fault.value);
  await other.getByRole("button", { name: fault.button }).click();
  await expect(other.getByRole("alert")).toContainText(fault.says);
  await expect(other.getByLabel(fault.label)).toHaveValue(fault.value);
  await expectAccessible(other);
  await other.close();
}

/** Fingers need 44 pixels. */
async function expectTargets(page: Page): Promise<void> {
  for (const target of await page.locator("a:visible, button:visible, .input:visible, label:has(input):visible").all()) {
    const box = (await target.boundingBox())!;
    expect(box.height, await target.innerText()).toBeGreaterThanOrEqual(44);
  }
}

test("a customer without a link gets in by number and code in Persian, and downloads their data", async ({ page, server }) => {
  const phone = "+14157790021";
  await server.api("/notifications/preference-link", { phone });
  await page.goto("/p?lang=fa");
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expectTargets(page);
  await lookAt(page, "codes-phone-fa");
  await refused(page, { label: "شمارهٔ تلفن", value: "call me", button: "کد را بفرست", says: "این شمارهٔ کامل تلفن نیست" });
  await page.getByLabel("شمارهٔ تلفن").fill("۴۱۵ ۷۷۹ ۰۰۲۱");
  await page.getByRole("button", { name: "کد را بفرست" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("کد را وارد کنید");
  expect(page.url()).not.toContain("7790021");
  await expectTargets(page);
  await lookAt(page, "codes-code-fa");
  const first = await code(server, phone, 1);
  const wrong = first === "000000" ? "000001" : "000000";
  await refused(page, { label: "کد پیامک", value: wrong, button: "ادامه", says: "۴ بار دیگر" });
  await page.getByLabel("کد پیامک").fill(first);
  await page.getByRole("button", { name: "ادامه" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("پیامک‌های شما");

  await page.getByRole("link", { name: "دریافت داده‌هایم" }).click();
  await expectTargets(page);
  await lookAt(page, "codes-data-fa");
  await page.getByRole("button", { name: "کد را بفرست" }).click();
  await page.getByLabel("کد پیامک").fill(await code(server, phone, 2));
  await page.getByRole("button", { name: "ادامه" }).click();
  await lookAt(page, "codes-files-fa");
  for (const [button, name] of [["برای برنامه‌ها", "person.json"], ["برای صفحه‌گسترده", "person.csv"]]) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: button }).click();
    expect((await download).suggestedFilename()).toBe(name);
  }
  await page.getByRole("link", { name: "بازگشت به تنظیمات" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("پیامک‌های شما");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a customer gets in by number and code in Chinese, and erases what is held", async ({ page, server }) => {
    const phone = "+14157790022";
    const { url } = await server.api("/notifications/preference-link", { phone });
    await page.goto("/p?lang=zh-Hant");
    await page.getByLabel("電話號碼").fill(phone);
    await page.getByRole("button", { name: "傳送驗證碼給我" }).click();
    await page.screenshot({ path: "screenshots/codes-code-zh-Hant.png", fullPage: true });
    await page.getByLabel("簡訊中的驗證碼").fill(await code(server, phone, 1));
    await page.getByRole("button", { name: "繼續" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("您的簡訊設定");

    await page.getByRole("link", { name: "刪除我的資料" }).click();
    await expect(page.getByText("任何人都無法復原。")).toBeVisible();
    await page.screenshot({ path: "screenshots/codes-erase-zh-Hant.png", fullPage: true });
    await page.getByRole("button", { name: "傳送驗證碼給我" }).click();
    await page.getByLabel("簡訊中的驗證碼").fill(await code(server, phone, 2));
    await page.getByLabel("我了解此動作無法復原。").check();
    await page.screenshot({ path: "screenshots/codes-erase-code-zh-Hant.png", fullPage: true });
    await page.getByRole("button", { name: "永久刪除我的資料" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("您的資料已刪除");
    await page.screenshot({ path: "screenshots/codes-erased-zh-Hant.png", fullPage: true });
    expect((await page.request.get(url)).status()).toBe(410);
  });
});

test("the pages of a link that ask for a code fit a phone in every language", async ({ page, server }) => {
  const { url } = await server.api("/notifications/preference-link", { phone: "+14157790023" });
  for (const lang of ["en", "fa", "zh-Hant"]) {
    for (const address of [`${url}/data?lang=${lang}`, `${url}/erase?lang=${lang}`, `/p?lang=${lang}`, `/p/erased?lang=${lang}`]) {
      await page.goto(address);
      await expect(page.locator("html")).toHaveAttribute("lang", lang);
      await expectAccessible(page);
      await expectTargets(page);
      await page.setViewportSize({ width: 320, height: 640 });
      await expectNoSidewaysScroll(page);
      await page.setViewportSize({ width: 390, height: 844 });
    }
  }
  await page.goto(`${url}/erase?lang=en`);
  await lookAt(page, "codes-erase-en");
});
